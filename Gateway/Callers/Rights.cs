using Microsoft.AspNetCore.Http;
using Pythia.Gateway.Problems;

namespace Pythia.Gateway.Callers;

/// <summary>Who may see what is not public.</summary>
internal static class Rights
{
    /// <summary>What is collected about a person: for that person (one of <paramref name="accounts"/>), and for clients that may read.</summary>
    /// <returns>Null if the caller may.</returns>
    public static Problem? CheckReader(HttpContext context, params ReadOnlySpan<string?> accounts) => Caller.Of(context) switch
    {
        ClientCaller client when client.Has(ClientRole.Read) => null,
        ClientCaller client => new(ProblemTypes.Forbidden, $"client {client.Client.Id} has not the role {ClientRole.Read}"),
        OwnerCaller owner => accounts.Contains(owner.Account.ToString()) ? null
            : new(ProblemTypes.Forbidden, $"a signature of {owner.Account} found, one of whom it is about expected"),
        _ => new(ProblemTypes.SignatureRequired, $"no signature found, one of whom it is about or of a client with the role {ClientRole.Read} expected"),
    };

    public static Problem? CheckOperator(HttpContext context) => Caller.Of(context) switch
    {
        ClientCaller client when client.Has(ClientRole.Operate) => null,
        AnonymousCaller => new(ProblemTypes.SignatureRequired, $"no signature found, one of a client with the role {ClientRole.Operate} expected"),
        _ => new(ProblemTypes.Forbidden, $"a signature found, one of a client with the role {ClientRole.Operate} expected"),
    };
}
