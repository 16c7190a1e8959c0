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

    private const int Taken = 1;

    // Offsets in a quote of version 3 or 4 for SGX.
    private const int ReportDataOffset = 368;
    private const int SignatureLengthOffset = 432;
    private const int SignatureOffset = 436;

    private readonly TimeSpan _timeout = timeout ?? TimeSpan.FromSeconds(30);
    private readonly Lock _files = new();

    /// <inheritdoc/>
    public string Kind => "gramine";

    /// <inheritdoc/>
    public async ValueTask<byte[]> QuoteAsync(ReadOnlyMemory<byte> reportData, CancellationToken cancellationToken = default)
    {
        if (reportData.Length != KeyBinding.ReportDataBytes)
        {
            throw new AttestationException($"report data: {reportData.Length} bytes found, {KeyBinding.ReportDataBytes} expected");
        }

        // The bytes are copied: what a caller does with its buffer after a time-out is its own affair.
        var mine = reportData.ToArray();
        var underWay = 0;
        // The calls block in the library OS: not on a thread that others need.
        var making = Task.Factory.StartNew(
            () => MakeInTurn(mine, ref underWay), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            return await making.WaitAsync(_timeout, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException late)
        {
            // Who takes this mark first decides: a turn that comes after the caller left is given back unused.
            var what = Interlocked.Exchange(ref underWay, Taken) == Taken ? "quote: not made" : "quote: its turn did not come";
            throw new AttestationException($"{what} within {_timeout.TotalSeconds:0.#} s", late);
        }
    }

    // The turn ends when the files are left, not when the caller loses patience: a quote that comes late must not meet the next one's report data.
    private byte[] MakeInTurn(byte[] reportData, ref int mark)
    {
        if (!_files.TryEnter(_timeout)) throw new AttestationException($"quote: its turn did not come within {_timeout.TotalSeconds:0.#} s");
        try
        {
            return Interlocked.Exchange(ref mark, Taken) == Taken ? throw new AttestationException("quote: nobody waits for it") : Make(reportData);
        }
        finally
        {
            _files.Exit();
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
