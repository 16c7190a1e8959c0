namespace Pythia.Enclave.Sockets;

/// <summary>
/// What is said between a silo and its enclave's process over a stream socket, byte by byte. All numbers are big-endian; nothing is aligned.
/// </summary>
/// <remarks>
/// <code>
/// frame       0        4         8    9
///             | length | request | op | payload …          length u32: of what follows it, 5 + payload; request u32; op u8
/// bytes       | u32 length | … |      text      | u16 length | UTF-8 … |      option    | u8 0 |  or  | u8 1 | value |
/// head        | u64 block | u64 unix seconds | 32 hash | u8 level |
/// refusal     | u16 reason | text detail | option text node |
/// keys        | u64 generation | 64 signing | 64 agreement | 8 key id | u64 signs in, 100 ns | u64 ends in, 100 ns |
/// log         | text contract | 20 address | u8 topics ≤ 4 | 32 each … | bytes data | 32 transaction | u32 its index | u32 log index |
///
/// op          silo → enclave                               enclave → silo, op + 0x80
/// 0x00 Hello  "pythia-enclave" | u16 version |             the same, then | u16 most in flight |
/// 0x01 Identify                                            text id | u64 chain | 32 configuration | 32 anchor | u8 level | keys | option keys |
/// 0x02 Attest option 32 nonce | option 8 key id |          bytes quote | 64 signing | 64 agreement | 32 configuration | 32 anchor | 32 nonce |
/// 0x03 Answer the request, all of the payload              u8 0 | answer …  or  u8 1 | refusal | problem … |
/// 0x04 Prove  the request, all of the payload              u8 0 | proof …   or  u8 1 | refusal | problem … |
/// 0x05 Head                                                option head |
/// 0x06 Wait   u64 after block |                            head |
/// 0x07 Logs   u64 block |                                  u8 0 | u64 number | u64 time | 32 hash | 32 parent | u32 n | n logs  or  u8 1 | refusal |
/// 0x08 Health                                              u8 can answer | option head | option refusal | u32 nodes | u64 bytes | u16 n |
///                                                          n × (text url | u8 set aside | option refusal) |
/// 0x09 Cancel of the request with that number              nothing of its own
/// 0x0A Revoke 8 key id |                                   64 signing | 64 signature, r ‖ s |
/// 0x0B Counters                                            u64 answers | u64 cached | u64 fetched | u64 cache bytes | u64 head | u16 n | n × (u16 reason | u64) |
///                                                          u16 n | n × (text node | u16 reason, 0 held | u64)
///             —                                            0xFF Fault u16 fault | text |
/// </code>
/// <para>1. The silo sends Hello with number 0 and waits for its reply: another magic or version is a fault, and the end. 2. It sends requests under
/// numbers of its choice, none of which is under way. 3. Each gets exactly one reply, in any order: its op's, or a fault (0 cancelled, else
/// <see cref="EnclaveFault"/>), and its number is free again. A Cancel hurries the reply and may come too late; then it is nothing. 4. Either side
/// closes when it likes: what has no reply has none.</para>
/// <para>A frame that breaks this (<see cref="Violation"/>) ends the connection: the enclave says a fault <see cref="EnclaveFault.Malformed"/> under
/// number 0xFFFFFFFF first, with the violation's name. Nobody is trusted by this: answers are signed, and what a silo asks permits nothing.</para>
/// </remarks>
internal static class EnclaveProtocol
{
    public const ushort Version = 1;

    /// <summary>Bytes of length, number and op.</summary>
    public const int HeadBytes = 9;

    /// <summary>Bytes that the length counts beside the payload.</summary>
    public const int CountedHeadBytes = 5;

    /// <summary>Longest payload to the enclave: far above the longest request that it takes.</summary>
    public const int MaxRequestBytes = 4_096;

    /// <summary>Longest payload to the silo: a block's logs, a raw proof.</summary>
    public const int MaxReplyBytes = 8 << 20;

    /// <summary>Requests under way on one connection. One more is a violation: the silo counts them.</summary>
    public const int MostInFlight = 1_024;

    public const byte ReplyBit = 0x80;
    public const byte FaultOp = 0xFF;
    public const ushort FaultCancelled = 0;
    public const uint ConnectionNumber = uint.MaxValue;

    public static ReadOnlySpan<byte> Magic => "pythia-enclave"u8;
}

/// <summary>What is asked.</summary>
internal enum EnclaveOp : byte
{
    Hello = 0,
    Identify = 1,
    Attest = 2,
    Answer = 3,
    Prove = 4,
    Head = 5,
    WaitForHead = 6,
    ReadLogs = 7,
    Health = 8,
    Cancel = 9,
    RevokeOwnKey = 10,
    Counters = 11,
}

/// <summary>How a peer broke the protocol.</summary>
internal enum Violation
{
    None = 0,

    /// <summary>A length below <see cref="EnclaveProtocol.CountedHeadBytes"/>.</summary>
    FrameTooShort,

    /// <summary>A length above what the receiver takes.</summary>
    FrameTooLong,

    /// <summary>The stream ended inside a frame.</summary>
    CutOff,

    /// <summary>The first frame is not Hello, or a later one is.</summary>
    HelloMisplaced,

    /// <summary>Hello with another magic.</summary>
    WrongMagic,

    /// <summary>Hello with another version.</summary>
    WrongVersion,

    /// <summary>An op that is not in the table.</summary>
    UnknownOp,

    /// <summary>A payload that is not as drawn. The enclave says it as the fault of that request, and goes on.</summary>
    BadPayload,

    /// <summary>A number that is under way already, or a reply to one that is not.</summary>
    WrongNumber,

    /// <summary>More requests under way than <see cref="EnclaveProtocol.MostInFlight"/>.</summary>
    TooManyInFlight,
}

/// <summary>The peer broke the protocol; the connection ends.</summary>
internal sealed class ViolationException(Violation violation, string detail) : Exception($"{violation}: {detail}")
{
    public Violation Violation { get; } = violation;
}
