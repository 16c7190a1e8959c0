using System.Security.Cryptography;
using Pythia.Enclave.Verifier.Cbor;

namespace Pythia.Device;

/// <summary>The highest head that a device has accepted. Both parts only ever grow.</summary>
public sealed record DeviceMemory(ulong Block, ulong UnixSeconds)
{
    /// <summary>Before the first answer.</summary>
    public static DeviceMemory Nothing { get; } = new(0, 0);
}

/// <summary>Keeps a device's memory across restarts.</summary>
public interface IDeviceStore
{
    /// <summary>What was stored last, or <see cref="DeviceMemory.Nothing"/> when nothing ever was.</summary>
    /// <exception cref="DeviceStoreException">Something was stored and can't be read: a device must not start over from nothing.</exception>
    ValueTask<DeviceMemory> LoadAsync(CancellationToken cancellationToken = default);

    /// <summary>Stored durably, or not at all, when this returns.</summary>
    ValueTask StoreAsync(DeviceMemory memory, CancellationToken cancellationToken = default);
}

/// <summary>The store is damaged; the message names it.</summary>
public sealed class DeviceStoreException : Exception
{
    public DeviceStoreException()
    {
    }

    public DeviceStoreException(string message)
        : base(message)
    {
    }

    public DeviceStoreException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>
/// A file: deterministic CBOR <c>["pythia/device-memory/1", block: uint, time: uint]</c>, then SHA-256 of it, 32 bytes. It is written beside and
/// flushed, then renamed over the old one, so that after a crash there is the old or the new one.
/// </summary>
public sealed class FileDeviceStore(string path) : IDeviceStore
{
    private const string Kind = "pythia/device-memory/1";
    private const int MaxBytes = 128;

    /// <inheritdoc/>
    public async ValueTask<DeviceMemory> LoadAsync(CancellationToken cancellationToken = default)
    {
        if (!File.Exists(path))
        {
            return DeviceMemory.Nothing;
        }

        var bytes = await File.ReadAllBytesAsync(path, cancellationToken);
        return Read(bytes) ?? throw new DeviceStoreException(
            $"{path}: {bytes.Length} bytes that are no device memory or do not match their check sum; the highest block seen is lost. "
            + "Remove the file only if answers of any age may be believed again.");
    }

    /// <inheritdoc/>
    public async ValueTask StoreAsync(DeviceMemory memory, CancellationToken cancellationToken = default)
    {
        var content = new CborWriter().Array(3).Text(Kind).Unsigned(memory.Block).Unsigned(memory.UnixSeconds).ToArray();
        var beside = path + ".new";
        await using (var file = new FileStream(beside, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            await file.WriteAsync((byte[])[.. content, .. SHA256.HashData(content)], cancellationToken);
            file.Flush(flushToDisk: true);
        }

        File.Move(beside, path, overwrite: true);
    }

    private static DeviceMemory? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length is <= SHA256.HashSizeInBytes or > MaxBytes)
        {
            return null;
        }

        var content = bytes[..^SHA256.HashSizeInBytes];
        var reader = new CborReader(content, MaxBytes);
        return SHA256.HashData(content).AsSpan().SequenceEqual(bytes[content.Length..])
            && reader.TryReadArray(3)
            && reader.TryReadText(out var kind) && string.Equals(kind, Kind, StringComparison.Ordinal)
            && reader.TryReadUnsigned(out var block)
            && reader.TryReadUnsigned(out var time)
                ? new DeviceMemory(block, time)
                : null;
    }
}
