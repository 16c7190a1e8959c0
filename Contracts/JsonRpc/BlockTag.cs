using System.Globalization;
using System.Text.Json;
using Pythia.Ethereum;

namespace Pythia.Contracts.JsonRpc;

/// <summary>Which block a read is about: a name, a number, or a hash (EIP-1898).</summary>
public readonly record struct BlockTag : IRpcValue
{
    private readonly string? _name;
    private readonly Hash32? _hash;

    private BlockTag(string? name, Hash32? hash) => (_name, _hash) = (name, hash);

    public static BlockTag Latest => new("latest", null);

    public static BlockTag Safe => new("safe", null);

    public static BlockTag Finalized => new("finalized", null);

    /// <summary>With what waits to be mined; for the next nonce.</summary>
    public static BlockTag Pending => new("pending", null);

    public static BlockTag Earliest => new("earliest", null);

    public static BlockTag Number(ulong number) => new(number.ToString("x", CultureInfo.InvariantCulture).Insert(0, "0x"), null);

    /// <summary>The block of this hash, whether or not it is on the node's canonical chain.</summary>
    public static BlockTag Hash(Hash32 hash) => new(null, hash);

    public void WriteTo(Utf8JsonWriter writer)
    {
        if (_hash is { } hash)
        {
            writer.WriteStartObject();
            writer.WriteString("blockHash"u8, hash.ToString());
            writer.WriteEndObject();
        }
        else
        {
            writer.WriteStringValue(_name ?? "latest");
        }
    }

    public override string ToString() => _hash?.ToString() ?? _name ?? "latest";
}
