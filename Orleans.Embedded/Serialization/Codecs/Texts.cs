// Text, and the classes that are written as text or bytes and never change.
using System.Net;
using Orleans.Runtime;

namespace Pythia.Embedded.Serialization;

internal sealed class StringCodec : ImmutableCodec<string>
{
    public override void Write(MessageWriter writer, string value) => writer.Text(value);

    public override string Read(ref MessageReader reader) => reader.Text()!;

    internal override object ReadBoxed(ref MessageReader reader, int slot)
    {
        object text = reader.Text() ?? throw reader.Malformed(MalformedReason.BadText, "a text that must not be null");
        reader.Fill(slot, text);
        return text;
    }
}

/// <summary>An object that never changes, made from a text.</summary>
internal sealed class TextFormCodec<T>(Func<T, string> format, Func<string, T> parse, bool takesDerived = false) : ReferenceCodec<T>
    where T : class
{
    public override bool IsImmutable => true;

    internal override bool TakesDerived => takesDerived;

    protected override void WriteBody(MessageWriter writer, T value) => writer.Text(format(value));

    protected override T ReadBody(ref MessageReader reader, int slot)
        => parse(reader.Text() ?? throw reader.Malformed(MalformedReason.BadText, $"no text for a {typeof(T)}"));

    protected override T CopyBody(T value, CopyContext context) => value;
}

/// <summary>4 or 16 bytes with their length before, then the scope of an IPv6 address.</summary>
internal sealed class IPAddressCodec : ReferenceCodec<IPAddress>
{
    public override bool IsImmutable => true;

    /// <summary><see cref="IPAddress.Loopback"/> and its like are of a private class.</summary>
    internal override bool TakesDerived => true;

    protected override void WriteBody(MessageWriter writer, IPAddress value)
    {
        writer.Bytes(value.GetAddressBytes());
        writer.ZigZag(value.AddressFamily is System.Net.Sockets.AddressFamily.InterNetworkV6 ? value.ScopeId : 0);
    }

    protected override IPAddress ReadBody(ref MessageReader reader, int slot)
    {
        var bytes = reader.Bytes();
        var scope = reader.ZigZag();
        return scope == 0 ? new IPAddress(bytes) : new IPAddress(bytes, scope);
    }

    protected override IPAddress CopyBody(IPAddress value, CopyContext context) => value;
}

internal sealed class IPEndPointCodec : ReferenceCodec<IPEndPoint>
{
    protected override void WriteBody(MessageWriter writer, IPEndPoint value)
    {
        writer.Value(value.Address);
        writer.VarInt((ulong)value.Port);
    }

    protected override IPEndPoint ReadBody(ref MessageReader reader, int slot) => new(reader.Value<IPAddress>(), checked((int)reader.VarInt()));

    protected override IPEndPoint CopyBody(IPEndPoint value, CopyContext context) => new(value.Address, value.Port);
}

/// <summary>A type that has a codec, by its name.</summary>
internal sealed class TypeCodec : ReferenceCodec<Type>
{
    public override bool IsImmutable => true;

    internal override bool TakesDerived => true;

    protected override void WriteBody(MessageWriter writer, Type value) => writer.Text(TypeNames.Format(value));

    protected override Type ReadBody(ref MessageReader reader, int slot)
    {
        var name = reader.Text() ?? string.Empty;
        return TypeNames.Find(name)?.Type ?? throw reader.Malformed(MalformedReason.UnknownType, $"no codec is registered as {name}");
    }

    protected override Type CopyBody(Type value, CopyContext context) => value;
}

/// <summary>The text <c>type/key</c>.</summary>
internal sealed class GrainIdCodec : ImmutableCodec<GrainId>
{
    public override void Write(MessageWriter writer, GrainId value) => writer.Text(value.ToString());

    public override GrainId Read(ref MessageReader reader)
    {
        var text = reader.Text();
        return text is not null && GrainId.TryParse(text, out var id) ? id : throw reader.Malformed(MalformedReason.BadText, $"{text} is no grain id");
    }
}
