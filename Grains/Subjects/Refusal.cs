using Pythia.Grains.Mirror;

namespace Pythia.Grains.Subjects;

/// <summary>Why an act is not taken: an expected answer, not an error.</summary>
/// <param name="Verdict">The named reason.</param>
/// <param name="Detail">The thing, what was found, what was expected.</param>
public sealed record Refusal(IntentVerdict Verdict, string Detail)
{
    public static Refusal Malformed(string detail) => new(IntentVerdict.Malformed, detail);

    public static Refusal WrongSubject(string detail) => new(IntentVerdict.WrongSubject, detail);

    public static Refusal BadSignature(string detail) => new(IntentVerdict.BadSignature, detail);

    public static Refusal WrongState(string detail) => new(IntentVerdict.WrongState, detail);

    /// <summary>The signer is not who the state says may do this.</summary>
    public static Refusal? UnlessSigner(string role, string signer, string? expected)
        => signer == expected ? null : new(IntentVerdict.NotAllowed, $"signer {signer} found, {role} {expected ?? "(none)"} expected");

    /// <summary>A counter in the act has been overtaken.</summary>
    public static Refusal? UnlessEpoch(string name, ulong found, ulong expected)
        => found == expected ? null : new(IntentVerdict.StaleEpoch, $"{name} {found} found, {expected} expected");
}
