// Runs of bytes.
namespace Pythia.Embedded.Serialization;

internal sealed class ByteArrayCodec : ReferenceCodec<byte[]>
{
    protected override void WriteBody(MessageWriter writer, byte[] value) => writer.Bytes(value);

    protected override byte[] ReadBody(ref MessageReader reader, int slot) => reader.Bytes().ToArray();

    protected override byte[] CopyBody(byte[] value, CopyContext context) => value.AsSpan().ToArray();
}

/// <summary>Copied although it can't be written through: the array behind it can.</summary>
internal sealed class ReadOnlyMemoryCodec : Codec<ReadOnlyMemory<byte>>
{
    public override void Write(MessageWriter writer, ReadOnlyMemory<byte> value) => writer.Bytes(value.Span);

    public override ReadOnlyMemory<byte> Read(ref MessageReader reader) => reader.Bytes().ToArray();

    public override ReadOnlyMemory<byte> Copy(ReadOnlyMemory<byte> value, CopyContext context) => value.ToArray();
}

internal sealed class MemoryCodec : Codec<Memory<byte>>
{
    public override void Write(MessageWriter writer, Memory<byte> value) => writer.Bytes(value.Span);

    public override Memory<byte> Read(ref MessageReader reader) => reader.Bytes().ToArray();

    public override Memory<byte> Copy(Memory<byte> value, CopyContext context) => value.ToArray();
}
