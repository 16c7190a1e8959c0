namespace Pythia.Enclave.Host.Nodes;

/// <summary>Reads a reply's body into one buffer: 1. as much as is small, 2. room for a long one, 3. the rest, never more than is taken.</summary>
internal static class ReplyBody
{
    private const int FirstBytes = 16 << 10;

    /// <param name="body">As it comes.</param>
    /// <param name="announced">Its length by the node's own word, or null; it may be another.</param>
    /// <param name="most">Longest that is taken.</param>
    /// <param name="enter">Asks for room, once, before more than <see cref="ReplyRoom.SmallBytes"/> are read.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The bytes; null when there are more than <paramref name="most"/>.</returns>
    public static async Task<ReadOnlyMemory<byte>?> ReadAsync(
        Stream body, long? announced, int most, Func<Task<ReplyRoom.LongReply>> enter, CancellationToken cancellationToken)
    {
        if (announced > most) return null;

        // 1. small: one byte more than it says shows that it ends there
        var buffer = new byte[Math.Min(announced + 1 ?? FirstBytes, ReplyRoom.SmallBytes)];
        var filled = 0;
        while (true)
        {
            var read = await body.ReadAsync(buffer.AsMemory(filled), cancellationToken);
            filled += read;
            if (read == 0) return buffer.AsMemory(0, filled);
            if (filled < buffer.Length) continue;
            if (buffer.Length == ReplyRoom.SmallBytes) break;

            Array.Resize(ref buffer, Math.Min(2 * buffer.Length, ReplyRoom.SmallBytes));
        }

        // 2. room
        var room = await enter();
        room.Grow(2 * filled, 0);
        buffer.CopyTo(room.Buffer, 0);

        // 3. the rest: twice as much each time, so that who announces much and sends little takes little
        while (true)
        {
            if (filled == room.Buffer.Length) room.Grow(Math.Min(2 * filled, most + 1), filled);

            var read = await body.ReadAsync(room.Buffer.AsMemory(filled, Math.Min(room.Buffer.Length, most + 1) - filled), cancellationToken);
            filled += read;
            if (filled > most) return null;
            if (read == 0) return room.Buffer.AsMemory(0, filled);
        }
    }
}
