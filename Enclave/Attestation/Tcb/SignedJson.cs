using System.Text.Json;
using Pythia.Enclave.Attestation.Certificates;

namespace Pythia.Enclave.Attestation.Tcb;

/// <summary>
/// <c>{"tcbInfo":{…},"signature":"128 hex digits"}</c>, and the same with <c>enclaveIdentity</c>. What is signed are the bytes of the object as they
/// came, never what they mean written again.
/// </summary>
/// <param name="Signed">The object's bytes, from { to }.</param>
/// <param name="Signature">r ‖ s, 64 bytes.</param>
/// <param name="Root">The object, read from <paramref name="Signed"/>; no member of it is there twice.</param>
internal sealed record SignedJson(ReadOnlyMemory<byte> Signed, ReadOnlyMemory<byte> Signature, JsonElement Root)
{
    /// <summary>TCB info takes 1.5 to 10 KB.</summary>
    public const int MaxBytes = 256 * 1024;

    private const int MaxDepth = 16;
    private const int SignatureBytes = 64;

    /// <exception cref="JsonException">These bytes are nothing like it.</exception>
    public static SignedJson Read(ReadOnlyMemory<byte> json, string member)
    {
        if (json.Length > MaxBytes) throw new JsonException($"{json.Length} bytes found, {MaxBytes} at most expected");

        ReadOnlyMemory<byte>? signed = null;
        string? signature = null;
        var reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { MaxDepth = MaxDepth });
        Expect(reader.Read() && reader.TokenType == JsonTokenType.StartObject, "an object expected");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (signed is null && reader.ValueTextEquals(member)) signed = ReadObject(ref reader, json, member);
            else if (signature is null && reader.ValueTextEquals("signature"u8)) signature = ReadText(ref reader);
            else throw new JsonException($"member {reader.GetString()} found, {member} and signature, each once, expected");
        }

        Expect(!reader.Read(), "bytes behind the object found"); // throws by itself for anything but white space
        Expect(signed is not null && signature is not null, $"{member} and signature expected");
        Expect(signature!.Length == 2 * SignatureBytes && signature.All(char.IsAsciiHexDigit), $"signature: {2 * SignatureBytes} hex digits expected");
        using var document = JsonDocument.Parse(signed!.Value, new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false });
        return new SignedJson(signed.Value, Convert.FromHexString(signature), document.RootElement.Clone());
    }

    public bool IsSignedBy(Certificate signer, KeyRing keys)
        => keys.Verify(signer.PublicKey, Signed, Signature, System.Security.Cryptography.DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    private static ReadOnlyMemory<byte> ReadObject(ref Utf8JsonReader reader, ReadOnlyMemory<byte> json, string member)
    {
        Expect(reader.Read() && reader.TokenType == JsonTokenType.StartObject, $"{member}: an object expected");
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return json[start..(int)reader.BytesConsumed];
    }

    private static string ReadText(ref Utf8JsonReader reader)
    {
        Expect(reader.Read() && reader.TokenType == JsonTokenType.String, "signature: a string expected");
        return reader.GetString()!;
    }

    private static void Expect(bool holds, string otherwise)
    {
        if (!holds) throw new JsonException(otherwise);
    }
}
