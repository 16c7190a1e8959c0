using System.Collections.Immutable;

namespace Pythia.Enclave.Attestation.Quotes;

/// <summary>The root keys that chains may end in. A root is its key, never a certificate or a name: nothing that comes with a quote is trusted for it.</summary>
public sealed class QuoteTrust
{
    /// <summary>x ‖ y of a P-256 key.</summary>
    public const int KeyBytes = 64;

    // Intel SGX Root CA, 2018-05-21 to 2049-12-31; the older certificate (to 2033) has the same key.
    private const string IntelRootKey =
        "0ba9c4c0c0c86193a3fe23d6b02cda10a8bbd4e88e48b4458561a36e705525f5" +
        "67918e2edc88e40d860bd0cc4ee26aacc988e505a953558c453f6b0904ae7394";

    private QuoteTrust(ImmutableArray<ReadOnlyMemory<byte>> rootKeys) => RootKeys = rootKeys;

    /// <summary>Intel's key alone.</summary>
    public static QuoteTrust Intel { get; } = Of(Convert.FromHexString(IntelRootKey));

    /// <summary>Each 64 bytes, x ‖ y.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> RootKeys { get; }

    /// <summary>These keys and no others; Intel's only if it is among them.</summary>
    /// <param name="rootKeys">P-256 x ‖ y, 64 bytes each.</param>
    /// <exception cref="ArgumentException">There is none, or one has another length; the message says which.</exception>
    public static QuoteTrust Of(params ReadOnlySpan<ReadOnlyMemory<byte>> rootKeys)
    {
        if (rootKeys.IsEmpty) throw new ArgumentException("no root key found, one or more expected", nameof(rootKeys));

        var keys = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>(rootKeys.Length);
        foreach (var key in rootKeys)
        {
            if (key.Length != KeyBytes)
            {
                throw new ArgumentException($"root key {keys.Count}: {key.Length} bytes found, {KeyBytes} expected (x ‖ y)", nameof(rootKeys));
            }

            keys.Add(key.ToArray());
        }

        return new(keys.DrainToImmutable());
    }

    /// <summary>Whether a chain may end in this key (64 bytes, x ‖ y).</summary>
    public bool Holds(ReadOnlySpan<byte> rootKey)
    {
        foreach (var key in RootKeys)
        {
            if (key.Span.SequenceEqual(rootKey)) return true;
        }

        return false;
    }
}
