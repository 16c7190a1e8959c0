using System.Buffers.Binary;
using System.Text;
using Pythia.Enclave.Verifier.Attestation;

namespace Pythia.Enclave.Attestation.Attesters;

/// <summary>
/// Quotes from Gramine's pseudo-files (Gramine documentation, "Attestation and Secret Provisioning", low-level interface). One quote at a time:
/// <c>user_report_data</c> belongs to the whole process, so whoever writes it must have read its quote before another one writes.
/// <code>
/// 1. attestation_type    read; must be "dcap"
/// 2. user_report_data    64 bytes, in one write
/// 3. quote               read to its end into one buffer of 8192 bytes
/// 4. REPORTDATA of the quote must be the bytes of step 2
/// </code>
/// </summary>
/// <param name="time">For the time-out.</param>
/// <param name="folder">Where the pseudo-files are.</param>
/// <param name="timeout">The longest that a quote may take, its turn included; then the call fails. Default 30 s: aesmd is started on demand and may fetch a certificate.</param>
public sealed class GramineAttester(TimeProvider time, string folder = GramineAttester.DefaultFolder, TimeSpan? timeout = null) : IAttester
{
    /// <summary>Gramine mounts them there.</summary>
    public const string DefaultFolder = "/dev/attestation";

    /// <summary>Gramine's own buffer for a quote.</summary>
    public const int QuoteBufferBytes = 8192;

    /// <summary>Quotes asked for at once, the one that is being made among them; one more is refused as busy.</summary>
    public const int MostAtOnce = 32;

    // Offsets in a quote of version 3 or 4 for SGX.
    private const int ReportDataOffset = 368;
    private const int SignatureLengthOffset = 432;
    private const int SignatureOffset = 436;

    private readonly TimeSpan _timeout = timeout ?? TimeSpan.FromSeconds(30);
    private int _asked;

    /// <inheritdoc/>
    public string Kind => "gramine";

    // Never disposed of: a quote that comes late gives it back, whoever is gone by then.
    private SemaphoreSlim Turn { get; } = new(1);

    /// <inheritdoc/>
    public async ValueTask<byte[]> QuoteAsync(ReadOnlyMemory<byte> reportData, CancellationToken cancellationToken = default)
    {
        if (reportData.Length != KeyBinding.ReportDataBytes)
        {
            throw new AttestationException($"report data: {reportData.Length} bytes found, {KeyBinding.ReportDataBytes} expected");
        }

        try
        {
            return Interlocked.Increment(ref _asked) <= MostAtOnce
                ? await MakeInTurnAsync(reportData.ToArray(), cancellationToken).ConfigureAwait(false)
                : throw new AttestationException($"quote: {MostAtOnce} are asked for already") { IsBusy = true };
        }
        finally
        {
            Interlocked.Decrement(ref _asked);
        }
    }

    // A caller that waits has no thread, and takes no turn once it has left. The bytes are its copy: what it does with its buffer after a time-out is its own affair.
    private async Task<byte[]> MakeInTurnAsync(byte[] reportData, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var isBegun = false;
        try
        {
            await Turn.WaitAsync(either.Token).ConfigureAwait(false);
            isBegun = true;
            return await BeginAsync(reportData).WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            throw new AttestationException($"{(isBegun ? "quote: not made" : "quote: its turn did not come")} within {_timeout.TotalSeconds:0.#} s", late);
        }
    }

    // The calls block in the library OS: not on a thread that others need.
    private Task<byte[]> BeginAsync(byte[] reportData)
    {
        try
        {
            return Task.Factory.StartNew(() => MakeAndLeave(reportData), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        catch (TaskSchedulerException none)
        {
            Turn.Release();
            throw new AttestationException($"quote: no thread is left for it: {none.InnerException?.Message}", none);
        }
    }

    // The turn ends when the files are left, not when the caller loses patience: a quote that comes late must not meet the next one's report data.
    private byte[] MakeAndLeave(byte[] reportData)
    {
        try
        {
            return Make(reportData);
        }
        finally
        {
            Turn.Release();
        }
    }

    private byte[] Make(byte[] reportData)
    {
        var type = Encoding.UTF8.GetString(Read("attestation_type", 64)).TrimEnd('\n', '\0');
        if (!string.Equals(type, "dcap", StringComparison.Ordinal))
        {
            throw new AttestationException($"attestation_type: \"{type}\" found, \"dcap\" expected (sgx.remote_attestation of the manifest)");
        }

        Write("user_report_data", reportData);
        return Checked(Read("quote", QuoteBufferBytes), reportData);
    }

    private static byte[] Checked(ReadOnlySpan<byte> read, ReadOnlySpan<byte> reportData)
    {
        if (read.Length < SignatureOffset) throw new AttestationException($"quote: {read.Length} bytes found, {SignatureOffset} or more expected");

        var found = read[ReportDataOffset..SignatureLengthOffset];
        if (!found.SequenceEqual(reportData))
        {
            throw new AttestationException(
                $"quote: REPORTDATA {Convert.ToHexStringLower(found)} found, {Convert.ToHexStringLower(reportData)} expected: it was made for another request");
        }

        var end = SignatureOffset + (long)BinaryPrimitives.ReadUInt32LittleEndian(read[SignatureLengthOffset..]);
        if (end > read.Length) throw new AttestationException($"quote: {read.Length} bytes found, {end} expected by its own length");
        if (read[(int)end..].ContainsAnyExcept((byte)0)) throw new AttestationException($"quote: {read.Length} bytes found, {end} and zeros expected");
        return read[..(int)end].ToArray();
    }

    private byte[] Read(string name, int most)
    {
        var path = Path.Combine(folder, name);
        return Named(path, () =>
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            var buffer = new byte[most];
            var length = 0;
            while (length < most)
            {
                var got = file.Read(buffer.AsSpan(length));
                if (got == 0) return buffer[..length];
                length += got;
            }

            return file.Read(new byte[1]) == 0
                ? buffer
                : throw new AttestationException($"{path}: more than {most} bytes found");
        });
    }

    private void Write(string name, byte[] content)
    {
        var path = Path.Combine(folder, name);
        Named(path, () =>
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            file.Write(content);
            return content.Length;
        });
    }

    private static T Named<T>(string path, Func<T> act)
    {
        try
        {
            return act();
        }
        catch (Exception refused) when (refused is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new AttestationException($"{path}: no such pseudo-file; it is there under Gramine on SGX only", refused);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new AttestationException($"{path}: {refused.Message}", refused);
        }
    }
}
