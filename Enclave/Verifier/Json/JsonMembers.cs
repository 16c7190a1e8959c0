using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Pythia.Enclave.Verifier.Tries;
using Pythia.Ethereum;

namespace Pythia.Enclave.Verifier.Json;

/// <summary>Reads the members of one JSON object that a node sent. The first damage is kept, and what is read after it is worthless:
/// ask for <see cref="Damage"/> before using anything.</summary>
/// <remarks>Data is 0x and two hex digits a byte; a quantity is 0x and 1 to 64 hex digits, leading zeros let through, since nodes differ
/// and only its value counts (Ethereum JSON-RPC, "Hex value encoding"). Members that are not asked for are ignored.</remarks>
internal sealed class JsonMembers
{
    private const int MaxQuoted = 80;

    // What is longer is read from its bytes, never made a string of: that would take twice as much as a node may send.
    private const int MaxTextBytes = 1_024;

    private readonly JsonElement _object;
    private readonly string _thing;

    /// <param name="element">Any element; what is no object is damage.</param>
    /// <param name="thing">How messages name it.</param>
    public JsonMembers(JsonElement element, string thing)
    {
        _object = element;
        _thing = thing;
        if (element.ValueKind != JsonValueKind.Object) Damage = new Damage(InvalidReason.BadMember, $"{thing}: {element.ValueKind} found, an object expected");
    }

    public Damage? Damage { get; private set; }

    /// <summary>True when the member is there and not null.</summary>
    public bool Has(string name) => TryFind(name, out _);

    public Hash32 Hash32(string name)
    {
        Span<byte> bytes = stackalloc byte[Ethereum.Hash32.Size];
        return Fixed(name, bytes) ? Ethereum.Hash32.FromSpan(bytes) : default;
    }

    public Address Address(string name)
    {
        Span<byte> bytes = stackalloc byte[Ethereum.Address.Size];
        return Fixed(name, bytes) ? Ethereum.Address.FromSpan(bytes) : default;
    }

    /// <summary>Data of any length.</summary>
    public byte[] Data(string name)
    {
        if (TryFind(name, out var member) && TryReadData(member, out var bytes)) return bytes;

        Refuse(name, "0x and two hex digits a byte");
        return [];
    }

    /// <summary>Data of exactly <paramref name="length"/> bytes.</summary>
    public byte[] Data(string name, int length)
    {
        var bytes = new byte[length];
        _ = Fixed(name, bytes);
        return bytes;
    }

    /// <summary>A quantity below 2^256, as a word.</summary>
    public Hash32 Quantity(string name)
    {
        if (TryParseQuantity(Text(name), out var word)) return word;

        Refuse(name, "0x and 1 to 64 hex digits");
        return default;
    }

    /// <summary>A quantity below 2^64.</summary>
    public ulong UInt64(string name)
    {
        Span<byte> word = stackalloc byte[Ethereum.Hash32.Size];
        Quantity(name).CopyTo(word);
        if (word[..^sizeof(ulong)].IndexOfAnyExcept((byte)0) >= 0) Refuse(name, "a number below 2^64");

        return System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(word[^sizeof(ulong)..]);
    }

    /// <summary>An array of at most <paramref name="most"/> elements; each is read by <paramref name="read"/>.</summary>
    public T[] Array<T>(string name, int most, Func<JsonElement, string, Checked<T>> read)
        where T : class
    {
        if (!TryFind(name, out var array) || array.ValueKind != JsonValueKind.Array || array.GetArrayLength() > most)
        {
            Refuse(name, $"an array of at most {most} elements");
            return [];
        }

        var elements = new List<T>(array.GetArrayLength());
        foreach (var element in array.EnumerateArray())
        {
            if (!read(element, $"{_thing}.{name}[{elements.Count}]").TryGet(out var value, out var damage))
            {
                Damage ??= damage;
                return [];
            }

            elements.Add(value);
        }

        return [.. elements];
    }

    /// <summary>Reads one element that is data of any length.</summary>
    public static Checked<byte[]> ReadData(JsonElement element, string thing)
        => TryReadData(element, out var bytes)
            ? Checked<byte[]>.Valid(bytes)
            : new Damage(InvalidReason.BadMember, $"{thing}: 0x and two hex digits a byte expected");

    private static bool TryParseQuantity(string text, out Hash32 word)
    {
        word = default;
        if (text.Length is < 3 or > 2 + (2 * Ethereum.Hash32.Size) || !text.StartsWith("0x", StringComparison.Ordinal)) return false;

        var even = (text.Length & 1) == 0 ? text : string.Concat("0x0", text.AsSpan(2));
        if (!Hex.TryParse(even, out var bytes)) return false;

        word = Word.FromBigEndian(bytes);
        return true;
    }

    private bool Fixed(string name, Span<byte> destination)
    {
        if (Hex.TryParse(Text(name), destination)) return true;

        Refuse(name, $"0x and {2 * destination.Length} hex digits");
        return false;
    }

    private string Text(string name)
    {
        if (TryFind(name, out var member) && member.ValueKind == JsonValueKind.String && IsShort(member)) return member.GetString() ?? "";

        return "";
    }

    private static bool IsShort(JsonElement element) => JsonMarshal.GetRawUtf8Value(element).Length <= MaxTextBytes;

    private static bool TryReadData(JsonElement element, out byte[] bytes)
    {
        bytes = [];
        if (element.ValueKind != JsonValueKind.String) return false;
        if (IsShort(element)) return Hex.TryParse(element.GetString(), out bytes);

        // Between its quotes; an escape is no hex digit.
        var digits = JsonMarshal.GetRawUtf8Value(element)[1..^1];
        if (!digits.StartsWith("0x"u8) || (digits.Length & 1) != 0) return false;

        bytes = new byte[(digits.Length - 2) / 2];
        return Convert.FromHexString(digits[2..], bytes, out _, out var written) == OperationStatus.Done && written == bytes.Length;
    }

    private bool TryFind(string name, out JsonElement member)
    {
        member = default;
        return _object.ValueKind == JsonValueKind.Object && _object.TryGetProperty(name, out member) && member.ValueKind != JsonValueKind.Null;
    }

    private void Refuse(string name, string expected)
        => Damage ??= TryFind(name, out var found)
            ? new Damage(InvalidReason.BadMember, $"{_thing}.{name}: {Describe(found)} found, {expected} expected")
            : new Damage(InvalidReason.MissingMember, $"{_thing}.{name} is missing, {expected} expected");

    private static string Describe(JsonElement element)
        => element.ValueKind == JsonValueKind.String ? $"'{Shorten(element)}'" : element.ValueKind.ToString();

    /// <summary>An element's text for a message: a string without its quotes, anything else as it stands.</summary>
    public static string Shorten(JsonElement element)
    {
        if (IsShort(element)) return Shorten(element.ValueKind == JsonValueKind.String ? element.GetString() ?? "" : element.GetRawText());

        var raw = JsonMarshal.GetRawUtf8Value(element);
        return Shorten(Encoding.UTF8.GetString(element.ValueKind == JsonValueKind.String ? raw.Slice(1, MaxTextBytes) : raw[..MaxTextBytes]));
    }

    /// <summary>A text for a message, so that a hostile one can't fill a log.</summary>
    public static string Shorten(string text) => text.Length <= MaxQuoted ? text : string.Concat(text.AsSpan(0, MaxQuoted), "…");
}
