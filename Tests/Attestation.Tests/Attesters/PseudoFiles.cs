using System.Runtime.InteropServices;
using Pythia.Enclave.Attestation.Attesters;

namespace Pythia.Tests.Attesters;

/// <summary>
/// Behaves as the pseudo-files of a library OS do: report data belong to the process, a quote is made when it is read, and comes in short pieces. Named pipes, so
/// that every open, write and read of the attester is met by one here.
/// </summary>
internal sealed partial class PseudoFiles : IDisposable
{
    private readonly SimulatedPlatform _platform = SimulatedPlatform.Create(TimeProvider.System);
    private readonly CancellationTokenSource _stopped = new();
    private readonly SemaphoreSlim _mayQuote;
    private readonly Task _serving;
    private readonly byte[] _reportData = new byte[64];

    /// <param name="hanging">True: report data are taken, but no quote comes before <see cref="LetQuote"/>.</param>
    public PseudoFiles(bool hanging = false)
    {
        _mayQuote = new SemaphoreSlim(hanging ? 0 : int.MaxValue);
        Folder = Directory.CreateTempSubdirectory("pseudo-files").FullName;
        File.WriteAllText(PathOf("attestation_type"), "dcap");
        foreach (var name in new[] { "user_report_data", "quote" })
        {
            if (MakePipe(PathOf(name), 0x180) != 0) throw new IOException($"mkfifo {PathOf(name)}: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        _serving = Task.Factory.StartNew(Serve, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    public string Folder { get; }

    /// <summary>The lengths that were written to <c>user_report_data</c>, open by open.</summary>
    public List<int> Written { get; } = [];

    /// <summary>Changes a quote before it is read.</summary>
    public Func<byte[], byte[]> Change { get; set; } = quote => quote;

    public string PathOf(string name) => Path.Combine(Folder, name);

    public void LetQuote() => _mayQuote.Release();

    public void Dispose()
    {
        _stopped.Cancel();
        if (_mayQuote.CurrentCount == 0) _mayQuote.Release();
        // Opening the other end wakes a server that waits for a partner.
        using (new FileStream(PathOf("user_report_data"), FileMode.Open, FileAccess.ReadWrite))
        using (new FileStream(PathOf("quote"), FileMode.Open, FileAccess.ReadWrite))
        {
            _serving.GetAwaiter().GetResult();
        }

        Directory.Delete(Folder, recursive: true);
        _platform.Dispose();
        _stopped.Dispose();
        _mayQuote.Dispose();
    }

    private void Serve()
    {
        var buffer = new byte[1024];
        while (!_stopped.IsCancellationRequested)
        {
            using (var file = new FileStream(PathOf("user_report_data"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0))
            {
                if (_stopped.IsCancellationRequested) return;
                var length = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
                Written.Add(length);
                buffer.AsSpan(0, 64).CopyTo(_reportData);
            }

            _mayQuote.Wait();
            using (var file = new FileStream(PathOf("quote"), FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0))
            {
                if (_stopped.IsCancellationRequested) return;
                var quote = Change(_platform.Quote(new SimulatedEnclave(new byte[32]), _reportData));
                try
                {
                    foreach (var piece in quote.Chunk(1000)) file.Write(piece);
                }
                catch (IOException)
                {
                    // the attester had enough and left
                }
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "mkfifo", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakePipe(string path, uint mode);
}
