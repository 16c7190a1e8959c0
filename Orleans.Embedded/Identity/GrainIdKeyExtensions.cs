using System.Globalization;
using System.Text;

namespace Orleans.Runtime;

/// <summary>Keys made of numbers and GUIDs: hexadecimal text, and <c>+extension</c> behind it in a compound key.</summary>
public static class GrainIdKeyExtensions
{
    private const int GuidLength = 32;
    private const char Separator = '+';

    public static IdSpan CreateIntegerKey(long key) => IdSpan.Create(key.ToString("X", CultureInfo.InvariantCulture));

    public static IdSpan CreateIntegerKey(long key, string? keyExtension)
        => string.IsNullOrWhiteSpace(keyExtension)
            ? CreateIntegerKey(key)
            : IdSpan.Create(string.Create(CultureInfo.InvariantCulture, $"{key:X}{Separator}{keyExtension}"));

    public static IdSpan CreateIntegerKey(long key, ReadOnlySpan<byte> keyExtension)
        => CreateIntegerKey(key, Encoding.UTF8.GetString(keyExtension));

    public static IdSpan CreateGuidKey(Guid key) => IdSpan.Create(key.ToString("N"));

    public static IdSpan CreateGuidKey(Guid key, string? keyExtension)
        => string.IsNullOrWhiteSpace(keyExtension) ? CreateGuidKey(key) : IdSpan.Create($"{key:N}{Separator}{keyExtension}");

    public static IdSpan CreateGuidKey(Guid key, ReadOnlySpan<byte> keyExtension)
        => CreateGuidKey(key, Encoding.UTF8.GetString(keyExtension));

    public static bool TryGetIntegerKey(this GrainId grainId, out long key, out string? keyExt)
    {
        var text = grainId.Key.ToString();
        var separator = text.IndexOf(Separator, StringComparison.Ordinal);
        keyExt = separator < 0 ? null : text[(separator + 1)..];
        var digits = separator < 0 ? text : text[..separator];
        return long.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out key);
    }

    public static bool TryGetGuidKey(this GrainId grainId, out Guid key, out string? keyExt)
    {
        var text = grainId.Key.ToString();
        keyExt = text.Length > GuidLength && text[GuidLength] == Separator ? text[(GuidLength + 1)..] : null;
        if (text.Length != GuidLength && keyExt is null)
        {
            key = default;
            return false;
        }

        return Guid.TryParseExact(text.AsSpan(0, GuidLength), "N", out key);
    }

    /// <exception cref="ArgumentException">The key is no integer key.</exception>
    public static long GetIntegerKey(this GrainId grainId) => grainId.GetIntegerKey(out _);

    /// <exception cref="ArgumentException">The key is no integer key.</exception>
    public static long GetIntegerKey(this GrainId grainId, out string? keyExt)
        => grainId.TryGetIntegerKey(out var key, out keyExt)
            ? key
            : throw new ArgumentException($"grain id '{grainId}' found, expected one with an integer key", nameof(grainId));

    /// <exception cref="ArgumentException">The key is no GUID key.</exception>
    public static Guid GetGuidKey(this GrainId grainId) => grainId.GetGuidKey(out _);

    /// <exception cref="ArgumentException">The key is no GUID key.</exception>
    public static Guid GetGuidKey(this GrainId grainId, out string? keyExt)
        => grainId.TryGetGuidKey(out var key, out keyExt)
            ? key
            : throw new ArgumentException($"grain id '{grainId}' found, expected one with a GUID key", nameof(grainId));
}
