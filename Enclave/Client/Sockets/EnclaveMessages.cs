namespace Pythia.Enclave.Sockets;

/// <summary>Every reply's payload as it is drawn in <see cref="EnclaveProtocol"/>, both ways.</summary>
internal static class EnclaveMessages
{
    private const int KeyBytes = 64;
    private const int KeyIdBytes = 8;
    private const int HashBytes = 32;
    private const int AddressBytes = 20;
    private const int MaxTopics = 4;
    private const int LeastLogBytes = 67;
    private const int UsualLogBytes = 224;

    private static ReadOnlyMemory<byte> AnsweredByte { get; } = new byte[] { 0 };

    /// <summary>The payload in two parts, so that an answer's bytes are not copied for a byte before them.</summary>
    public static (ReadOnlyMemory<byte> First, ReadOnlyMemory<byte> Second) Write(EnclaveReply reply)
        => reply.Refusal is { } refusal ? (WriteRefusal(new PayloadWriter().Byte(1), refusal).Raw(reply.Problem.Span).Written, default) : (AnsweredByte, reply.Answer);

    public static EnclaveReply ReadReply(ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadReader(payload);
        if (!reader.Bool()) return EnclaveReply.Answered(reader.Rest());

        var refusal = ReadRefusal(ref reader);
        return EnclaveReply.Refused(refusal, reader.Rest());
    }

    public static ReadOnlyMemory<byte> Write(EnclaveIdentity identity)
        => WriteKeys(
            new PayloadWriter().Text(identity.Id).UInt64(identity.ChainId).Raw(identity.ConfigurationHash.Span).Raw(identity.AnchorHash.Span).Byte((byte)identity.Level),
            identity.Current).Option(identity.Next, (writer, keys) => WriteKeys(writer, keys)).Written;

    public static EnclaveIdentity ReadIdentity(ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadReader(payload);
        var identity = new EnclaveIdentity(
            reader.Text(), reader.UInt64(), reader.Copy(HashBytes), reader.Copy(HashBytes), (AssuranceLevel)reader.Byte(), ReadKeys(ref reader), reader.Bool() ? ReadKeys(ref reader) : null);
        reader.End();
        return identity;
    }

    public static ReadOnlyMemory<byte> Write(EnclaveAttestation attestation)
        => new PayloadWriter()
            .Bytes(attestation.Quote.Span)
            .Raw(attestation.SigningKey.Span)
            .Raw(attestation.AgreementKey.Span)
            .Raw(attestation.ConfigurationHash.Span)
            .Raw(attestation.AnchorHash.Span)
            .Raw(attestation.Nonce.Span)
            .Written;

    public static EnclaveAttestation ReadAttestation(ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadReader(payload);
        var attestation = new EnclaveAttestation(
            reader.Bytes(), reader.Copy(KeyBytes), reader.Copy(KeyBytes), reader.Copy(HashBytes), reader.Copy(HashBytes), reader.Copy(HashBytes));
        reader.End();
        return attestation;
    }

    public static ReadOnlyMemory<byte> Write(EnclaveRevocation revocation) => new PayloadWriter().Raw(revocation.SigningKey.Span).Raw(revocation.Signature.Span).Written;

    public static EnclaveRevocation ReadRevocation(ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadReader(payload);
        var revocation = new EnclaveRevocation(reader.Copy(KeyBytes), reader.Copy(KeyBytes));
        reader.End();
        return revocation;
    }

    public static byte[] ReadKeyId(ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadReader(payload);
        var keyId = reader.Copy(KeyIdBytes);
        reader.End();
        return keyId;
    }

    public static ReadOnlyMemory<byte> WriteOptional(VerifiedHead? head) => new PayloadWriter().Option(head, (writer, value) => WriteHead(writer, value)).Written;

    public static VerifiedHead? ReadOptionalHead(ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadReader(payload);
        var head = reader.Bool() ? ReadHead(ref reader) : null;
        reader.End();
        return head;
    }

    public static ReadOnlyMemory<byte> Write(VerifiedHead head) => WriteHead(new PayloadWriter(), head).Written;

    public static VerifiedHead ReadHead(ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadReader(payload);
        var head = ReadHead(ref reader);
        reader.End();
        return head;
    }

    public static ReadOnlyMemory<byte> Write(BlockLogsReply reply)
    {
        if (reply.Refusal is { } refusal) return WriteRefusal(new PayloadWriter().Byte(1), refusal).Written;

        var block = reply.Block!;
        var writer = new PayloadWriter(256 + block.Logs.Sum(log => UsualLogBytes + log.Data.Length)).Byte(0).UInt64(block.Number).UInt64(block.UnixSeconds).Raw(block.Hash.Span).Raw(block.ParentHash.Span).UInt32((uint)block.Logs.Count);
        foreach (var log in block.Logs)
        {
            writer.Text(log.Contract).Raw(log.Address.Span).Byte((byte)log.Topics.Count);
            foreach (var topic in log.Topics) writer.Raw(topic.Span);
            writer.Bytes(log.Data.Span).Raw(log.TransactionHash.Span).UInt32((uint)log.TransactionIndex).UInt32((uint)log.LogIndex);
        }

        return writer.Written;
    }

    public static BlockLogsReply ReadLogs(ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadReader(payload);
        if (reader.Bool())
        {
            var refusal = ReadRefusal(ref reader);
            reader.End();
            return BlockLogsReply.Refused(refusal);
        }

        var (number, time, hash, parent, count) = (reader.UInt64(), reader.UInt64(), reader.Copy(HashBytes), reader.Copy(HashBytes), reader.UInt32());
        if (count > payload.Length / LeastLogBytes) throw new ViolationException(Violation.BadPayload, $"{count} logs in {payload.Length} bytes found");

        var logs = new VerifiedLog[count];
        for (var i = 0; i < logs.Length; i++) logs[i] = ReadLog(ref reader);
        reader.End();
        return BlockLogsReply.Read(new VerifiedBlock(number, time, hash, parent, logs));
    }

    public static ReadOnlyMemory<byte> Write(EnclaveHealth health)
    {
        var writer = new PayloadWriter()
            .Byte(health.CanAnswer ? (byte)1 : (byte)0)
            .Option(health.Head, (to, head) => WriteHead(to, head))
            .Option(health.Trouble, (to, refusal) => WriteRefusal(to, refusal))
            .UInt32((uint)health.CachedNodes)
            .UInt64((ulong)health.CachedBytes)
            .UInt16((ushort)health.Nodes.Count);
        foreach (var node in health.Nodes) writer.Text(node.Url).Byte(node.SetAside ? (byte)1 : (byte)0).Option(node.LastTrouble, (to, refusal) => WriteRefusal(to, refusal));
        return writer.Written;
    }

    public static EnclaveHealth ReadHealth(ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadReader(payload);
        var canAnswer = reader.Bool();
        var head = reader.Bool() ? ReadHead(ref reader) : null;
        var trouble = reader.Bool() ? ReadRefusal(ref reader) : null;
        var (cachedNodes, cachedBytes) = ((int)reader.UInt32(), (long)reader.UInt64());
        var nodes = new NodeHealth[reader.UInt16()];
        for (var i = 0; i < nodes.Length; i++) nodes[i] = new NodeHealth(reader.Text(), reader.Bool(), reader.Bool() ? ReadRefusal(ref reader) : null);
        reader.End();
        return new EnclaveHealth(canAnswer, head, trouble, nodes, cachedNodes, cachedBytes);
    }

    public static ReadOnlyMemory<byte> Write(EnclaveCounters counters)
    {
        var writer = new PayloadWriter().UInt64(counters.Answers).UInt64(counters.SlotsCached).UInt64(counters.SlotsFetched).UInt64(counters.CacheBytes).UInt64(counters.HeadBlock);
        writer.UInt16((ushort)counters.Refusals.Count);
        foreach (var (reason, count) in counters.Refusals) writer.UInt16((ushort)reason).UInt64(count);
        writer.UInt16((ushort)counters.Fetches.Count);
        foreach (var (kind, count) in counters.Fetches) writer.Text(kind.Node).UInt16(kind.Failure is { } failure ? (ushort)failure : (ushort)0).UInt64(count);
        return writer.Written;
    }

    public static EnclaveCounters ReadCounters(ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadReader(payload);
        var (answers, cached, fetched, bytes, head) = (reader.UInt64(), reader.UInt64(), reader.UInt64(), reader.UInt64(), reader.UInt64());
        var refusals = new Dictionary<RefusalReason, ulong>();
        for (var left = reader.UInt16(); left > 0; left--) refusals[(RefusalReason)reader.UInt16()] = reader.UInt64();
        var fetches = new Dictionary<FetchKind, ulong>();
        for (var left = reader.UInt16(); left > 0; left--)
        {
            var kind = new FetchKind(reader.Text(), reader.UInt16() is > 0 and var reason ? (RefusalReason)reason : null);
            fetches[kind] = reader.UInt64();
        }

        reader.End();
        return new EnclaveCounters(answers, cached, fetched, refusals, fetches, bytes, head);
    }

    public static ReadOnlyMemory<byte> WriteFault(ushort fault, string text) => new PayloadWriter().UInt16(fault).Text(text).Written;

    public static (ushort Fault, string Text) ReadFault(ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadReader(payload);
        var fault = (reader.UInt16(), reader.Text());
        reader.End();
        return fault;
    }

    public static ReadOnlyMemory<byte> WriteAttest(ReadOnlyMemory<byte> nonce, ReadOnlyMemory<byte> keyId)
        => new PayloadWriter().Byte(nonce.IsEmpty ? (byte)0 : (byte)1).Raw(nonce.Span).Byte(keyId.IsEmpty ? (byte)0 : (byte)1).Raw(keyId.Span).Written;

    public static (byte[] Nonce, byte[] KeyId) ReadAttest(ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadReader(payload);
        var nonce = reader.Bool() ? reader.Copy(HashBytes) : [];
        var keyId = reader.Bool() ? reader.Copy(KeyIdBytes) : [];
        reader.End();
        return (nonce, keyId);
    }

    public static ulong ReadUInt64(ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadReader(payload);
        var value = reader.UInt64();
        reader.End();
        return value;
    }

    private static PayloadWriter WriteKeys(PayloadWriter writer, EnclaveKeys keys)
        => writer.UInt64(keys.Generation).Raw(keys.SigningKey.Span).Raw(keys.AgreementKey.Span).Raw(keys.KeyId.Span).UInt64((ulong)keys.SignsIn.Ticks).UInt64((ulong)keys.EndsIn.Ticks);

    private static EnclaveKeys ReadKeys(ref PayloadReader reader)
        => new(reader.UInt64(), reader.Copy(KeyBytes), reader.Copy(KeyBytes), reader.Copy(KeyIdBytes), new TimeSpan((long)reader.UInt64()), new TimeSpan((long)reader.UInt64()));

    private static PayloadWriter WriteHead(PayloadWriter writer, VerifiedHead head)
        => writer.UInt64(head.Block).UInt64(head.UnixSeconds).Raw(head.Hash.Span).Byte((byte)head.Level);

    private static VerifiedHead ReadHead(ref PayloadReader reader) => new(reader.UInt64(), reader.UInt64(), reader.Copy(HashBytes), (AssuranceLevel)reader.Byte());

    private static PayloadWriter WriteRefusal(PayloadWriter writer, EnclaveRefusal refusal)
        => writer.UInt16((ushort)refusal.Reason).Text(refusal.Detail).Option(refusal.Node, (to, node) => to.Text(node));

    private static EnclaveRefusal ReadRefusal(ref PayloadReader reader) => new((RefusalReason)reader.UInt16(), reader.Text(), reader.Bool() ? reader.Text() : null);

    private static VerifiedLog ReadLog(ref PayloadReader reader)
    {
        var (contract, address, count) = (reader.Text(), reader.Copy(AddressBytes), reader.Byte());
        if (count > MaxTopics) throw new ViolationException(Violation.BadPayload, $"{count} topics found, at most {MaxTopics} expected");

        var topics = new ReadOnlyMemory<byte>[count];
        for (var i = 0; i < topics.Length; i++) topics[i] = reader.Copy(HashBytes);
        return new VerifiedLog(contract, address, topics, reader.Bytes(), reader.Copy(HashBytes), (int)reader.UInt32(), (int)reader.UInt32());
    }
}
