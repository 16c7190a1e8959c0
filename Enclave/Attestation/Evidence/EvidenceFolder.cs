namespace Pythia.Enclave.Attestation.Evidence;

/// <summary>
/// A quote and its collateral in a folder, a file a piece: <c>quote.bin</c>, <c>tcb_info.json</c>, <c>tcb_info_issuer_chain.pem</c>, <c>qe_identity.json</c>,
/// <c>qe_identity_issuer_chain.pem</c>, <c>root_ca_crl.der</c>, <c>pck_crl.der</c>, <c>pck_crl_issuer_chain.pem</c>, <c>pck_chain.pem</c>. A piece that is
/// missing has no file. CRLs may be in DER, hexadecimal or PEM, chains percent-encoded as in a service's header.
/// </summary>
public static class EvidenceFolder
{
    /// <summary>Far above any quote or piece of collateral seen: 1 MiB.</summary>
    public const int MostBytes = 1 << 20;

    /// <summary>Name of the file that holds the quote.</summary>
    public const string QuoteFile = "quote.bin";

    /// <summary>Reads the collateral of a folder; the quote is <see cref="QuoteFile"/> beside it.</summary>
    /// <exception cref="IOException">A file is not readable, or longer than <see cref="MostBytes"/>.</exception>
    public static QuoteCollateral ReadCollateral(string folder)
        => new()
        {
            TcbInfo = Read(folder, "tcb_info.json"),
            TcbInfoIssuerChain = Read(folder, "tcb_info_issuer_chain.pem", EvidenceForms.Chain),
            QeIdentity = Read(folder, "qe_identity.json"),
            QeIdentityIssuerChain = Read(folder, "qe_identity_issuer_chain.pem", EvidenceForms.Chain),
            RootCaCrl = Read(folder, "root_ca_crl.der", EvidenceForms.Crl),
            PckCrl = Read(folder, "pck_crl.der", EvidenceForms.Crl),
            PckCrlIssuerChain = Read(folder, "pck_crl_issuer_chain.pem", EvidenceForms.Chain),
            PckChain = Read(folder, "pck_chain.pem", EvidenceForms.Chain),
        };

    /// <summary>Writes collateral; pieces that are missing remove their file.</summary>
    public static void WriteCollateral(string folder, QuoteCollateral collateral)
    {
        Directory.CreateDirectory(folder);
        Write(folder, "tcb_info.json", collateral.TcbInfo);
        Write(folder, "tcb_info_issuer_chain.pem", collateral.TcbInfoIssuerChain);
        Write(folder, "qe_identity.json", collateral.QeIdentity);
        Write(folder, "qe_identity_issuer_chain.pem", collateral.QeIdentityIssuerChain);
        Write(folder, "root_ca_crl.der", collateral.RootCaCrl);
        Write(folder, "pck_crl.der", collateral.PckCrl);
        Write(folder, "pck_crl_issuer_chain.pem", collateral.PckCrlIssuerChain);
        Write(folder, "pck_chain.pem", collateral.PckChain);
    }

    private static ReadOnlyMemory<byte>? Read(string folder, string name, Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>? toForm = null)
    {
        var file = new FileInfo(Path.Combine(folder, name));
        if (!file.Exists) return null;

        ReadOnlyMemory<byte> bytes = file.Length <= MostBytes ? File.ReadAllBytes(file.FullName) : throw new IOException($"{file.FullName}: {file.Length} bytes found, at most {MostBytes} expected");
        return toForm is null ? bytes : toForm(bytes);
    }

    private static void Write(string folder, string name, ReadOnlyMemory<byte>? content)
    {
        var path = Path.Combine(folder, name);
        if (content is { } bytes) File.WriteAllBytes(path, bytes.ToArray());
        else File.Delete(path);
    }
}
