using System.Buffers.Binary;
using System.Text;

namespace Pythia.Gateway.Problems;

/// <summary>
/// Concise problem details (RFC 9290 section 2): a CBOR map of title −1, detail −2, response code −4 and, as enclaves write it, the refusal's
/// number {0: reason}; 0 stands for a refusal that is not an enclave's.
/// </summary>
public static class ConciseProblem
{
    public const string MediaType = "application/concise-problem-details+cbor";

    private const string RefusalKey = "tag:pythia.invalid,2026:refusal";
    private const byte MapOfFour = 0xA4;
    private const int LongestDetail = 240;
    private const byte KeyTitle = 0x20;        // −1
    private const byte KeyDetail = 0x21;       // −2
    private const byte KeyResponseCode = 0x23; // −4

    /// <summary>The title is the problem's stable name. The response code is CoAP's (RFC 7252 section 12.1.2): class in the upper three bits.</summary>
    public static byte[] Encode(Problem problem)
    {
        using var buffer = new MemoryStream();
        buffer.WriteByte(MapOfFour);
        buffer.WriteByte(KeyTitle);
        WriteText(buffer, problem.Name);
        buffer.WriteByte(KeyDetail);
        WriteText(buffer, problem.Detail.Length > LongestDetail ? problem.Detail[..LongestDetail] : problem.Detail);
        buffer.WriteByte(KeyResponseCode);
        WriteHead(buffer, 0x00, CoapCode(problem.Status));
        WriteText(buffer, RefusalKey);
        buffer.Write([0xA1, 0x00, 0x00]);
        return buffer.ToArray();
    }

    // Where CoAP has no code of its own, the general one of the same class stands for it.
    private static int CoapCode(int status) => status switch
    {
        400 or 401 or 403 or 404 or 405 or 406 or 409 or 412 or 413 or 415 or 422 or 429 => (4 << 5) | (status == 429 ? 29 : status - 400),
        500 or 501 or 502 or 503 or 504 => (5 << 5) | (status - 500),
        >= 500 => 5 << 5,
        _ => 4 << 5,
    };

    private static void WriteText(MemoryStream buffer, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        WriteHead(buffer, 0x60, bytes.Length);
        buffer.Write(bytes);
    }

    // Shortest form (RFC 8949 section 4.2.1).
    private static void WriteHead(MemoryStream buffer, int major, int value)
    {
        if (value < 24) buffer.WriteByte((byte)(major | value));
        else if (value < 256) buffer.Write([(byte)(major | 24), (byte)value]);
        else
        {
            Span<byte> head = [(byte)(major | 25), 0, 0];
            BinaryPrimitives.WriteUInt16BigEndian(head[1..], checked((ushort)value));
            buffer.Write(head);
        }
    }
}
