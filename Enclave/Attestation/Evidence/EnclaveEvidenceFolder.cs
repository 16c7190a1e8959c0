using System.Text.Json;
using Pythia.Enclave.Verifier.Attestation;

namespace Pythia.Enclave.Attestation.Evidence;

/// <summary>
/// Evidence as files: quote and collateral as <see cref="EvidenceFolder"/> lays them out, so that <c>verify quote DIR</c> judges the same folder, and
/// what the quote binds in <c>binding.json</c>: <c>{"signingKey":"0x…","agreementKey":…,"configurationHash":…,"anchorHash":…,"nonce":…,"keyEndsUnixSeconds":…}</c>.
/// </summary>
public static class EnclaveEvidenceFolder
{
    public const string BindingFile = "binding.json";

    /// <summary>Writes all pieces; those that are missing remove their file.</summary>
    /// <exception cref="IOException">A file can't be written.</exception>
    public static void Write(string folder, EnclaveEvidence evidence)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(Path.Combine(folder, EvidenceFolder.QuoteFile), evidence.Quote.Span);
        File.WriteAllBytes(Path.Combine(folder, BindingFile), BindingToJson(evidence));
        EvidenceFolder.WriteCollateral(folder, evidence.Collateral);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="InvalidDataException">Quote or binding is missing, too long or of another form; the message names it.</exception>
    /// <exception cref="IOException">A file can't be read.</exception>
    public static EnclaveEvidence Read(string folder)
    {
        var quote = ReadFile(folder, EvidenceFolder.QuoteFile);
        var (binding, ends) = BindingFromJson(Path.Combine(folder, BindingFile), ReadFile(folder, BindingFile));
        return new EnclaveEvidence(quote, binding, ends, EvidenceFolder.ReadCollateral(folder));
    }

    private static byte[] ReadFile(string folder, string name)
    {
        var file = new FileInfo(Path.Combine(folder, name));
        return !file.Exists ? throw new InvalidDataException($"{file.FullName}: no such file")
            : file.Length > EnclaveEvidence.MaxBytes ? throw new InvalidDataException($"{file.FullName}: {file.Length} bytes found, at most {EnclaveEvidence.MaxBytes} expected")
            : File.ReadAllBytes(file.FullName);
    }

    private static byte[] BindingToJson(EnclaveEvidence evidence)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            var binding = evidence.Binding;
            json.WriteStartObject();
            json.WriteString("signingKey", Hex(binding.SigningKey));
            json.WriteString("agreementKey", Hex(binding.AgreementKey));
            json.WriteString("configurationHash", Hex(binding.ConfigurationHash));
            json.WriteString("anchorHash", Hex(binding.AnchorHash));
            json.WriteString("nonce", Hex(binding.Nonce));
            if (evidence.KeyEndsUnixSeconds is { } ends) json.WriteNumber("keyEndsUnixSeconds", ends);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static (KeyBinding Binding, ulong? Ends) BindingFromJson(string path, ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            var binding = new KeyBinding(
                Member("signingKey", KeyBinding.KeyBytes),
                Member("agreementKey", KeyBinding.KeyBytes),
                Member("configurationHash", KeyBinding.HashBytes),
                Member("anchorHash", KeyBinding.HashBytes),
                Member("nonce", KeyBinding.NonceBytes));
            return (binding, document.RootElement.TryGetProperty("keyEndsUnixSeconds", out var ends) ? ends.GetUInt64() : null);

            byte[] Member(string name, int bytes)
                => document.RootElement.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String
                    && Ethereum.Hex.TryParse(text.GetString()!, out var value) && value.Length == bytes
                        ? value
                        : throw new InvalidDataException($"{path}: {name}: 0x and {2 * bytes} hex digits expected");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }
    }

    private static string Hex(ReadOnlyMemory<byte> bytes) => Ethereum.Hex.Format(bytes.Span);
}
