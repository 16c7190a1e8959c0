using System.Text.Json;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Vectors;

namespace Pythia.Tests.Quotes;

/// <summary>A folder of <c>shared/vectors/sgx-quotes</c>: a real quote, its collateral, and what was computed from them by others.</summary>
internal sealed record SharedCase(string Name, byte[] Quote, QuoteCollateral Collateral, DateTimeOffset Now, JsonElement Computed)
{
    public const string Folder = "sgx-quotes";

    public static TheoryData<string> Names()
    {
        var names = new TheoryData<string>();
        if (SharedVectors.TryFind(Folder) is not { } root) return names;

        foreach (var folder in Directory.EnumerateDirectories(root).Order(StringComparer.Ordinal)) names.Add(Path.GetFileName(folder));
        return names;
    }

    public static SharedCase Load(string name)
    {
        var folder = Path.Combine(SharedVectors.Find(Folder), name);
        using var stated = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "case.json")));
        return new(
            name,
            File.ReadAllBytes(Path.Combine(folder, "quote.bin")),
            LoadCollateral(folder),
            DateTimeOffset.FromUnixTimeSeconds(stated.RootElement.GetProperty("now_unix").GetInt64()),
            stated.RootElement.GetProperty("computed").Clone());
    }

    private static QuoteCollateral LoadCollateral(string folder)
    {
        return new QuoteCollateral
        {
            TcbInfo = Piece("tcb_info.json"),
            TcbInfoIssuerChain = Piece("tcb_info_issuer_chain.pem"),
            QeIdentity = Piece("qe_identity.json"),
            QeIdentityIssuerChain = Piece("qe_identity_issuer_chain.pem"),
            RootCaCrl = Piece("root_ca_crl.der"),
            PckCrl = Piece("pck_crl.der"),
            PckCrlIssuerChain = Piece("pck_crl_issuer_chain.pem"),
            PckChain = Piece("pck_chain.pem"),
        };

        ReadOnlyMemory<byte>? Piece(string file)
        {
            var path = Path.Combine(folder, file);
            if (!File.Exists(path)) return null;

            return File.ReadAllBytes(path);
        }
    }
}
