namespace Pythia.Grains;

/// <summary>Writes and reads grain keys. Each begins with the chain id in decimal and a slash, since several ledgers are served at once;
/// ids and addresses in it are 0x and lower-case hex.</summary>
public static class GrainKeys
{
    /// <summary>{chain}/{part}[/{part}…]: the parts as they are, which must be lower-case where they are hex.</summary>
    public static string Of(ulong chainId, params ReadOnlySpan<string> parts)
        => $"{chainId}/{string.Join('/', parts)}";

    /// <summary>The chain id and the rest of a key.</summary>
    /// <exception cref="FormatException">The key does not begin with a decimal chain id and a slash.</exception>
    public static (ulong ChainId, string Part) Split(string key)
    {
        var slash = key.IndexOf('/');
        if (slash <= 0 || !ulong.TryParse(key.AsSpan(0, slash), out var chainId))
        {
            throw new FormatException($"Grain key '{key}' found, '{{chain id}}/…' expected");
        }

        return (chainId, key[(slash + 1)..]);
    }
}
