using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Pythia.Enclave.Tests.Host;

/// <summary>Finds private keys in the memory of another process, as root can: every 32 bytes in writable memory that look like chance are tried.</summary>
internal static class ProcessMemory
{
    private const int ScalarBytes = 32;
    private const int LeastDifferent = 20;

    /// <returns>The scalars, big-endian, of the keys that were found; null where the memory can't be read.</returns>
    public static List<byte[]>? FindScalars(int process, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second) => Find(process, [first.ToArray(), second.ToArray()]);

    private static List<byte[]>? Find(int process, ReadOnlyMemory<byte>[] publicKeys)
    {
        var found = new List<byte[]>();
        try
        {
            using var memory = new FileStream($"/proc/{process}/mem", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);

            // OpenSSL's numbers lie in the C heap: it is looked through first, and alone as a rule.
            foreach (var (start, length) in Regions(process))
            {
                var bytes = new byte[length];
                memory.Position = start;
                memory.ReadExactly(bytes);
                Search(bytes, publicKeys, found);
                if (found.Count == publicKeys.Length) break;
            }
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            return null;
        }

        return found;
    }

    private static IEnumerable<(long Start, long Length)> Regions(int process)
        => from line in File.ReadAllLines($"/proc/{process}/maps")
           where line.EndsWith("[heap]", StringComparison.Ordinal)
           let range = line.Split(' ')[0].Split('-')
           let start = long.Parse(range[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture)
           let end = long.Parse(range[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture)
           select (start, end - start);

    // A BIGNUM holds 64-bit words, the least first, at what malloc gives: a multiple of 16.
    private static void Search(byte[] bytes, ReadOnlyMemory<byte>[] publicKeys, List<byte[]> found)
    {
        var scalar = new byte[ScalarBytes];
        for (var at = 0; at + ScalarBytes <= bytes.Length; at += 16)
        {
            var words = bytes.AsSpan(at, ScalarBytes);
            if (!LooksLikeChance(words)) continue;

            for (var i = 0; i < ScalarBytes; i++) scalar[i] = words[ScalarBytes - 1 - i];
            if (PublicKeyOf(scalar) is { } key && publicKeys.Any(wanted => wanted.Span.SequenceEqual(key)) && !found.Any(known => known.AsSpan().SequenceEqual(scalar))) found.Add([.. scalar]);
        }
    }

    private static bool LooksLikeChance(ReadOnlySpan<byte> bytes)
    {
        Span<bool> seen = stackalloc bool[256];
        var different = 0;
        foreach (var one in bytes)
        {
            if (seen[one]) continue;

            seen[one] = true;
            different++;
        }

        return different >= LeastDifferent;
    }

    private static byte[]? PublicKeyOf(byte[] scalar)
    {
        try
        {
            using var key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = scalar });
            var point = key.ExportParameters(includePrivateParameters: false).Q;
            return [.. point.X!, .. point.Y!];
        }
        catch (CryptographicException)
        {
            return null; // zero, or not below the order
        }
    }
}

/// <summary>Looks for keys in what was written: raw in both byte orders, in hexadecimal and in base64.</summary>
internal static class KeySearch
{
    public static IReadOnlyList<string> FindIn(IEnumerable<string> files, IReadOnlyList<byte[]> scalars)
        => [.. files.Where(file => !IsSocket(file) && Holds(File.ReadAllBytes(file), scalars))];

    public static IReadOnlyList<string> FindIn(string text, IReadOnlyList<byte[]> scalars) => Holds(Encoding.UTF8.GetBytes(text), scalars) ? [text] : [];

    private static bool Holds(byte[] bytes, IReadOnlyList<byte[]> scalars)
        => scalars.SelectMany(Forms).Any(form => bytes.AsSpan().IndexOf(form) >= 0);

    private static IEnumerable<byte[]> Forms(byte[] scalar)
    {
        byte[] reversed = [.. Enumerable.Reverse(scalar)];
        yield return scalar;
        yield return reversed;
        yield return Encoding.UTF8.GetBytes(Convert.ToHexString(scalar));
        yield return Encoding.UTF8.GetBytes(Convert.ToHexStringLower(scalar));
        yield return Encoding.UTF8.GetBytes(Convert.ToBase64String(scalar)[..40]);
    }

    private static bool IsSocket(string file) => Path.GetFileName(file) is "socket" or "second";
}
