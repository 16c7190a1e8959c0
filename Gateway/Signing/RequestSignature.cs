using Microsoft.AspNetCore.Http;

namespace Pythia.Gateway.Signing;

/// <summary>A request's signature as it stands in the fields Signature and Signature-Input (RFC 9421 section 4).</summary>
/// <param name="Covered">Components, with the signature's parameters.</param>
/// <param name="Signature">The bytes.</param>
internal sealed record RequestSignature(
    FieldInnerList Covered, byte[] Signature, string KeyId, long CreatedUnixSeconds, long ExpiresUnixSeconds, string? Nonce, string? Algorithm, string? Tag)
{
    public const string SignatureField = "Signature";
    public const string InputField = "Signature-Input";

    private const int MostComponents = 16;
    private const int LongestText = 200;

    public static bool IsIn(HttpRequest request) => request.Headers.ContainsKey(SignatureField) || request.Headers.ContainsKey(InputField);

    /// <summary>Reads the one signature of a request.</summary>
    public static (RequestSignature? Signature, RequestSignatureFault Fault, string Detail) Read(IHeaderDictionary headers)
    {
        if (!StructuredFieldParser.TryReadDictionary(string.Join(", ", (IEnumerable<string?>)headers[InputField]), out var inputs)
            || !StructuredFieldParser.TryReadDictionary(string.Join(", ", (IEnumerable<string?>)headers[SignatureField]), out var signatures))
            return (null, RequestSignatureFault.Malformed, "Signature and Signature-Input: no dictionaries found (RFC 9421 section 4)");
        if (inputs.Count > 1 || signatures.Count > 1)
            return (null, RequestSignatureFault.SeveralSignatures, $"{Math.Max(inputs.Count, signatures.Count)} signatures found, one expected");
        if (inputs is not [{ Value: FieldInnerList covered } input] || signatures is not [{ Value: FieldItem { Value: byte[] bytes } } signature] || input.Key != signature.Key)
            return (null, RequestSignatureFault.Malformed, "Signature and Signature-Input: one label with components, and bytes under the same label, expected");

        return ReadParameters(covered, bytes);
    }

    private static (RequestSignature? Signature, RequestSignatureFault Fault, string Detail) ReadParameters(FieldInnerList covered, byte[] bytes)
    {
        if (covered.Items.Count > MostComponents || covered.Items.Any(item => item.Value is not string))
            return (null, RequestSignatureFault.Malformed, $"Signature-Input: at most {MostComponents} components, each a string, expected");
        if (covered.Items.FirstOrDefault(item => item.Parameters.Entries.Count > 0) is { } marked)
            return (null, RequestSignatureFault.ComponentUnknown, $"component {StructuredField.Write(marked)} found, one without parameters expected");
        if (covered.Items.GroupBy(item => (string)item.Value).FirstOrDefault(group => group.Count() > 1) is { } twice)
            return (null, RequestSignatureFault.ComponentRepeated, $"component \"{twice.Key}\" found {twice.Count()} times, once expected");

        var parameters = covered.Parameters;
        if (parameters.Entries.FirstOrDefault(entry => entry.Key is not ("created" or "expires" or "keyid" or "nonce" or "alg" or "tag")).Key is { } unknown)
            return (null, RequestSignatureFault.ParameterUnknown, $"parameter {unknown} found, one of created, expires, keyid, nonce, alg, tag expected");
        foreach (var name in (ReadOnlySpan<string>)["created", "expires", "keyid"])
        {
            if (parameters[name] is null) return (null, RequestSignatureFault.ParameterMissing, $"no parameter {name} found");
        }

        if (parameters["created"] is not long created || parameters["expires"] is not long expires)
            return (null, RequestSignatureFault.ParameterMalformed, "created and expires: whole Unix seconds expected");
        foreach (var name in (ReadOnlySpan<string>)["keyid", "nonce", "alg", "tag"])
        {
            if (parameters[name] is not (null or string { Length: > 0 and <= LongestText }))
                return (null, RequestSignatureFault.ParameterMalformed, $"{name}: a string of 1 to {LongestText} characters expected");
        }

        var read = new RequestSignature(
            covered, bytes, (string)parameters["keyid"]!, created, expires, (string?)parameters["nonce"], (string?)parameters["alg"], (string?)parameters["tag"]);
        return (read, RequestSignatureFault.None, "");
    }

    public bool Covers(string component) => Covered.Items.Any(item => (string)item.Value == component);
}
