using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace Pythia.Contracts.DevChain;

/// <summary>How a development chain is started.</summary>
public sealed record AnvilOptions
{
    /// <summary>File that keeps the chain over restarts: blocks, receipts and the newest state; null forgets it. Older states, which would take
    /// 30 KB a block, can be read until the process ends.</summary>
    public string? StateFile { get; init; }

    /// <summary>Loopback port, 0 to 65,535; default 0 takes a free one.</summary>
    [Range(0, 65_535)]
    public int Port { get; init; }

    /// <summary>Chain id, 1 to 2^53 − 1; default 31337.</summary>
    [Range(1, (1L << 53) - 1)]
    public long ChainId { get; init; } = 31337;

    /// <summary>Rules of the chain; default osaka, the first with P256VERIFY at 0x100 (EIP-7951).</summary>
    public string Hardfork { get; init; } = "osaka";

    /// <summary>A block every so many milliseconds, 100 to 600,000; null mines a block for each transaction.</summary>
    [Range(100, 600_000)]
    public int? BlockTimeMs { get; init; }

    /// <summary>With <see cref="BlockTimeMs"/>: mines for each transaction too.</summary>
    public bool MixedMining { get; init; }

    /// <summary>Blocks in an epoch, 1 to 32; default 1: safe and finalized are one and two blocks behind the head.</summary>
    [Range(1, 32)]
    public int SlotsInAnEpoch { get; init; } = 1;

    /// <summary>Gas of a block, 10 million to 10 billion; default 1 billion.</summary>
    [Range(10_000_000L, 10_000_000_000L)]
    public long GasLimit { get; init; } = 1_000_000_000;

    /// <summary>Time until it must answer, in milliseconds; 1,000 to 300,000, default 60,000.</summary>
    [Range(1_000, 300_000)]
    public int StartTimeoutMs { get; init; } = 60_000;

    internal IEnumerable<string> ToArguments()
    {
        yield return "--host";
        yield return "127.0.0.1";
        yield return "--port";
        yield return Port.ToString(CultureInfo.InvariantCulture);
        yield return "--chain-id";
        yield return ChainId.ToString(CultureInfo.InvariantCulture);
        yield return "--hardfork";
        yield return Hardfork;
        yield return "--slots-in-an-epoch";
        yield return SlotsInAnEpoch.ToString(CultureInfo.InvariantCulture);
        yield return "--gas-limit";
        yield return GasLimit.ToString(CultureInfo.InvariantCulture);
        yield return "--no-request-size-limit";
        yield return "--color";
        yield return "never";
        if (BlockTimeMs is { } blockTime)
        {
            yield return "--block-time";
            yield return (blockTime / 1000.0).ToString(CultureInfo.InvariantCulture);
            if (MixedMining) yield return "--mixed-mining";
        }

        if (StateFile is { } file)
        {
            yield return "--state";
            yield return Path.GetFullPath(file);
            yield return "--state-interval";
            yield return "1";
        }
    }
}

/// <summary>An anvil process of our own on a loopback port. It ends with this process, however this process ends.</summary>
/// <remarks>A development chain, with what it does unlike a real one: block 0 has no real state root, zeroed slots stay in the trie as 0x80.</remarks>
public sealed class Anvil : IAsyncDisposable
{
    private const string ListeningPrefix = "Listening on ";

    private readonly SupervisedProcess _process;

    private Anvil(SupervisedProcess process, Uri address, AnvilOptions options) => (_process, Address, Options) = (process, address, options);

    /// <summary>Where it answers: http, loopback.</summary>
    public Uri Address { get; }

    public AnvilOptions Options { get; }

    /// <summary>Done when it has ended, asked or not: its exit code.</summary>
    public Task<int> Exited => _process.Exited;

    /// <summary>Starts it and waits until it answers; continues the chain of <see cref="AnvilOptions.StateFile"/> where that exists.</summary>
    /// <exception cref="ValidationException">An option is out of its range.</exception>
    /// <exception cref="InvalidOperationException">It ended, or did not answer in time; the message holds its last lines.</exception>
    public static async Task<Anvil> StartAsync(ContractsFolder contracts, AnvilOptions options, TimeProvider time, CancellationToken cancellationToken = default)
    {
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        if (options.StateFile is { } file) Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);

        var listening = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        var last = new LastLines();
        var process = SupervisedProcess.Start(contracts, contracts.FoundryProgram("anvil"), options.ToArguments(), OnLine, time);
        try
        {
            var first = await Task.WhenAny(listening.Task, process.Exited).WaitAsync(TimeSpan.FromMilliseconds(options.StartTimeoutMs), time, cancellationToken);
            if (first == process.Exited) throw new InvalidOperationException($"anvil ended with code {await process.Exited} before it answered:\n{last}");

            return new Anvil(process, await listening.Task, options);
        }
        catch (TimeoutException e)
        {
            await process.DisposeAsync();
            throw new InvalidOperationException($"anvil did not say where it listens within {options.StartTimeoutMs} ms:\n{last}", e);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }

        void OnLine(string line)
        {
            if (listening.Task.IsCompleted) return; // each request writes lines: they are read and dropped
            last.Add(line);
            if (line.StartsWith(ListeningPrefix, StringComparison.Ordinal)) listening.TrySetResult(new Uri($"http://{line.AsSpan(ListeningPrefix.Length).Trim()}/"));
        }
    }

    /// <summary>Ends it; its state is saved first.</summary>
    public Task<int> StopAsync() => _process.StopAsync();

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
