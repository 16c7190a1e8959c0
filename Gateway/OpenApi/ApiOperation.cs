using Microsoft.AspNetCore.Builder;
using Pythia.Gateway.Problems;

namespace Pythia.Gateway.OpenApi;

/// <summary>What the OpenAPI document says of one route. Every route of the gateway carries one.</summary>
/// <param name="Id">Operation id, camel case; stable.</param>
/// <param name="Tag">The group it is listed in.</param>
/// <param name="Summary">One line.</param>
/// <param name="Access">Who may call it.</param>
internal sealed record ApiOperation(string Id, string Tag, string Summary, ApiAccess Access = ApiAccess.Anyone)
{
    public string Description { get; init; } = "";

    /// <summary>Beside those of the path, whose forms follow from their names.</summary>
    public IReadOnlyList<ApiParameter> Parameters { get; init; } = [];

    public ApiBody? Request { get; init; }

    public required IReadOnlyList<ApiReply> Replies { get; init; }

    /// <summary>Beside those that any route may answer.</summary>
    public IReadOnlyList<ProblemType> Problems { get; init; } = [];

    /// <summary>Refusals are concise problem details in CBOR.</summary>
    public bool ForDevices { get; init; }
}

/// <summary>Who may call an operation.</summary>
internal enum ApiAccess
{
    /// <summary>Everyone, within the limits of requests.</summary>
    Anyone,

    /// <summary>A signature is taken where there is one: it says whose quota counts.</summary>
    SignatureOptional,

    /// <summary>The owner by its Ethereum key, or a client with the role for it.</summary>
    OwnerOrClient,

    /// <summary>A client with the role for it.</summary>
    Client,
}

/// <param name="In">query or header.</param>
/// <param name="Schema">Name in <see cref="ApiForms"/>.</param>
internal sealed record ApiParameter(string Name, string In, string Schema, string Description);

/// <param name="Schema">A type whose schema is made, or a name of <see cref="ApiForms"/>.</param>
internal sealed record ApiBody(string MediaType, object Schema, int MaxBytes, string Description);

/// <param name="Schema">A type whose schema is made, or a name of <see cref="ApiForms"/>; null for an answer without body.</param>
/// <param name="Example">An object of that type, or a text.</param>
/// <param name="HasTag">It has an ETag, and is answered 304 to whoever has it.</param>
internal sealed record ApiReply(int Status, string Description, string MediaType = "application/json", object? Schema = null, object? Example = null, bool HasTag = false);

internal static class ApiOperationExtensions
{
    /// <summary>Puts the route into the OpenAPI document.</summary>
    public static TBuilder Describe<TBuilder>(this TBuilder builder, ApiOperation operation)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint => endpoint.Metadata.Add(operation));
        return builder;
    }
}
