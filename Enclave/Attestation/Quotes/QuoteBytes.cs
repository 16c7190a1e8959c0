using System.Buffers.Binary;

namespace Pythia.Enclave.Attestation.Quotes;

/// <summary>Takes pieces off the front of bytes that may end anywhere. After a piece that was not there nothing more is taken.</summary>
internal struct QuoteBytes(ReadOnlyMemory<byte> bytes)
{
    private readonly int _total = bytes.Length;
    private ReadOnlyMemory<byte> _rest = bytes;

    /// <summary>Where something was wanted that is not there; null as long as all was.</summary>
    public string? Missing { get; private set; }

    /// <summary>How many bytes were taken.</summary>
    public readonly int Position => _total - _rest.Length;

    public readonly ReadOnlyMemory<byte> Rest => _rest;

    /// <summary>The next bytes, or none with <see cref="Missing"/> set.</summary>
    public ReadOnlyMemory<byte> Take(uint count, string name)
    {
        if (Missing is null && count <= (uint)_rest.Length)
        {
            var taken = _rest[..(int)count];
            _rest = _rest[(int)count..];
            return taken;
        }

        Missing ??= $"{name}: {_rest.Length} bytes found at byte {Position}, {count} expected";
        return default;
    }

    public ushort TakeUInt16(string name) => Take(sizeof(ushort), name) is { IsEmpty: false } found ? BinaryPrimitives.ReadUInt16LittleEndian(found.Span) : (ushort)0;

    public uint TakeUInt32(string name) => Take(sizeof(uint), name) is { IsEmpty: false } found ? BinaryPrimitives.ReadUInt32LittleEndian(found.Span) : 0;
}
