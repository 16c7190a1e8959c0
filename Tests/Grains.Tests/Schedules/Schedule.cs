using System.Numerics;
using Pythia.Contracts.Registries;
using Pythia.Contracts.Transactions;
using Pythia.Grains.Mirror;

namespace Pythia.Tests.Schedules;

/// <summary>An act that was handed over, and what was said to it.</summary>
public sealed class Submission(SignedAct act, SignedIntent intent)
{
    public SignedAct Act => act;

    public SignedIntent Intent => intent;

    /// <summary>Somebody heard that it was taken: from then on it must not be lost.</summary>
    public bool IsAcknowledged { get; set; }

    public List<Task> Calls { get; } = [];
}

/// <summary>Random things that happen to a mirror: intents, crashes, bad nodes, bad disks, reorganised chains, and time.</summary>
/// <remarks>The choices follow from the seed; what the hosts do between them runs on the thread pool, so a replay is alike and not the same.</remarks>
public sealed class Schedule : IAsyncDisposable
{
    private const string Outcome = "→";

    private readonly Random _random;
    private readonly int _depth;
    private readonly ScheduleWorld _world;
    private readonly Dictionary<(RegistryKind, Ethereum.Address), ulong> _ordered = [];
    private ulong _nonces;

    public Schedule(int seed, Quiescence quiescence)
    {
        _random = new Random(seed);
        _depth = Pick(1, 2, 3, 6, 12, 60);
        var (batch, underWay, retries, outbox) = (Pick(1, 2, 3, 50), Pick(1, 2, 4), Pick(0, 3), Pick(3, 64));
        ItemRetries = retries;
        _world = new ScheduleWorld(quiescence, options =>
        {
            options.FinalityDepthBlocks = _depth;
            options.BatchSize = batch;
            options.BatchesUnderWay = underWay;
            options.ItemRetries = retries;
            options.OutboxSize = outbox;
            options.MinimumLeadSeconds = 0;
            options.LookAgainSeconds = 5;
        });
        _world.Trace.Add($"seed {seed}: finality depth {_depth}, batches of {batch}, {underWay} under way, {retries} retries, outbox of {outbox}");
    }

    public ScheduleWorld World => _world;

    public int FinalityDepth => _depth;

    public int ItemRetries { get; }

    public List<Submission> Submissions { get; } = [];

    /// <summary>Acts that others carried to the chain.</summary>
    public List<SignedAct> Foreign { get; } = [];

    public async Task RunAsync()
    {
        BeginChain();
        await _world.StartHostAsync();
        var steps = _random.Next(12, 45);
        for (var step = 0; step < steps; step++)
        {
            await StepAsync();
            if (_world.Host is { Life.IsDead: true })
            {
                _world.Crash();
            }
        }
    }

    /// <summary>Everything is well again: node, enclave, disk and a host that lives.</summary>
    public async Task HealAsync()
    {
        _world.Trace.Add("all is well again");
        _world.Weather.Node = NodeMood.Well;
        _world.Weather.EnclaveIsBlind = false;
        _world.Records.Trouble = _ => StorageTrouble.None;
        _world.Chain.BaseFeeWei = FeePolicy.Gwei(1);
        _world.EndRival();
        if (_world.HadRival || _world.Host is not { Life.IsDead: false } host)
        {
            // What a host read before its rival wrote is old until it writes, as with two activations anywhere; one start ends that.
            _world.Crash();
            await _world.StartHostAsync();
        }
        else
        {
            host.Life.DieAt(int.MaxValue, false);
        }

        await _world.MoveUntilAsync(Task.WhenAll(Submissions.SelectMany(s => s.Calls)), TimeSpan.FromMinutes(2));
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    public void Mine(bool all = true)
    {
        var block = _world.Chain.Mine(ScheduleWorld.Lane.Account, _ => all || _random.Next(4) > 0);
        if (!all || block.Transactions.Length + block.Others.Length > 0)
        {
            _world.Trace.Add($"block {block.Number} with {block.Transactions.Length} transactions, {block.Others.Length} of others, {block.Verified.Logs.Count} logs");
        }
    }

    private async Task StepAsync()
    {
        if (_world.Host is null && _random.Next(2) == 0)
        {
            await _world.StartHostAsync();
            if (_random.Next(4) == 0)
            {
                ArmCrash(_random.Next(1, 30));
            }

            return;
        }

        switch (_random.Next(100))
        {
            case < 30:
                Submit();
                break;
            case < 33:
                SubmitAgain();
                break;
            case < 51:
                Mine(all: false);
                break;
            case < 63:
                await _world.MoveAsync(TimeSpan.FromMilliseconds(_random.Next(200, _random.Next(4) == 0 ? 60_000 : 8_000)));
                break;
            case < 66:
                _world.Crash();
                break;
            case < 74:
                ArmCrash(_random.Next(1, 25));
                break;
            case < 76:
                await _world.StopGracefullyAsync();
                break;
            case < 78:
                await ReplaceAsync();
                break;
            case < 86:
                ChangeNode();
                break;
            case < 89:
                ChangeDisk();
                break;
            case < 94:
                Reorganise();
                break;
            case < 98:
                ActAside();
                break;
            default:
                _world.Chain.BaseFeeWei = FeePolicy.Gwei(Pick(1, 1, 30, 500));
                _world.Trace.Add($"base fee {_world.Chain.BaseFeeWei}");
                break;
        }

        if (_random.Next(3) > 0)
        {
            await _world.QuietAsync();
        }
    }

    // Batches and some devices are there before the first host starts.
    private void BeginChain()
    {
        for (var i = 0; i < 7; i++)
        {
            var act = ScheduleWorld.People.NewAct(_random, _world.Chain.Head.State, NextNonce(), _world.NowUnixSeconds + 3_600, _world.NowUnixSeconds);
            _world.Chain.Add(new OtherCall(act, OtherCallKind.Direct));
            Mine();
        }
    }

    private void Submit()
    {
        if (_world.Host is not { } host)
        {
            return;
        }

        var head = _world.Chain.Head;
        var state = _random.Next(4) > 0 ? head.State : _world.Chain.Blocks[^Math.Min(_random.Next(1, 5), _world.Chain.Blocks.Count)].State;
        var deadline = _world.NowUnixSeconds + (ulong)(_random.Next(4) == 0 ? _random.Next(20, 120) : 3_600);
        var act = ScheduleWorld.People.NewAct(_random, state, NextNonce(), deadline, _world.NowUnixSeconds);
        if (_random.Next(6) == 0)
        {
            act = act with { Header = act.Header with { Nonce = NextOrderedNonce(act) } };
        }

        var submission = new Submission(act, ScheduleWorld.People.Sign(act));
        Submissions.Add(submission);
        Submit(host, submission);
    }

    private void SubmitAgain()
    {
        if (_world.Host is { } host && Submissions.Count > 0)
        {
            Submit(host, Submissions[_random.Next(Submissions.Count)]);
        }
    }

    private void Submit(RunningHost host, Submission submission)
    {
        var act = submission.Act;
        _world.Trace.Add($"submit {act.PrimaryType} {act.Digest(ScheduleWorld.ChainId)} of {act.Signer}, until {act.DeadlineUnixSeconds}");
        submission.Calls.Add(HearAsync(_world.SubmitAsync(host, act, submission.Intent), submission));
    }

    private async Task HearAsync(Task<IntentReceipt> call, Submission submission)
    {
        try
        {
            var receipt = await call;
            submission.IsAcknowledged |= receipt.Verdict is IntentVerdict.Accepted or IntentVerdict.AlreadyAccepted;
            _world.Trace.Add($"{submission.Act.Digest(ScheduleWorld.ChainId)} {Outcome} {receipt.Verdict} {receipt.Detail}");
        }
        catch (Exception e)
        {
            _world.Trace.Add($"{submission.Act.Digest(ScheduleWorld.ChainId)} {Outcome} {e.GetType().Name} {e.Message}");
        }
    }

    private void ArmCrash(int steps)
    {
        var doesTheLast = _random.Next(2) == 0;
        _world.Trace.Add($"host {_world.Host?.Life.Number} dies {(doesTheLast ? "after" : "before")} step {steps} from now");
        _world.Host?.Life.DieAt(steps, doesTheLast);
    }

    private async Task ReplaceAsync()
    {
        if (_world.Rival is not null)
        {
            _world.EndRival();
        }
        else if (_world.Host is not null)
        {
            await _world.ReplaceAsync();
        }
    }

    private void ChangeNode()
    {
        var moods = Enum.GetValues<NodeMood>();
        _world.Weather.Node = _random.Next(2) == 0 ? NodeMood.Well : moods[_random.Next(moods.Length)];
        _world.Weather.EnclaveIsBlind = _random.Next(8) == 0;
        _world.Trace.Add($"node is {_world.Weather.Node}{(_world.Weather.EnclaveIsBlind ? ", the enclave is blind" : "")}");
        if (_random.Next(4) == 0)
        {
            _world.Chain.ForgetPool();
            _world.Trace.Add("the pool is forgotten");
        }
    }

    private void ChangeDisk()
    {
        var (kind, oneIn, seed) = (Pick(StorageTrouble.None, StorageTrouble.Fails, StorageTrouble.FailsAfter), _random.Next(1, 6), _random.Next());
        var random = new Random(seed);
        _world.Records.Trouble = _ =>
        {
            lock (random)
            {
                return random.Next(oneIn) == 0 ? kind : StorageTrouble.None;
            }
        };
        _world.Trace.Add($"disk: {kind} one in {oneIn}");
    }

    // Never deeper than what is promised, counted from the highest block that ever was.
    private void Reorganise()
    {
        var (head, highest) = (_world.Chain.Head.Number, _world.Chain.Highest);
        var most = Math.Min((long)head - 1, _depth - (long)(highest - head));
        if (most < 1)
        {
            return;
        }

        var depth = _random.Next(4) > 0 ? _random.Next(1, (int)Math.Min(most, 3) + 1) : _random.Next(1, (int)most + 1);
        var blocks = Math.Max(1, depth + _random.Next(-1, 2));
        _world.Trace.Add($"the newest {depth} blocks of {head} leave the chain, {blocks} others come");
        _world.Chain.Reorganise(ScheduleWorld.Lane.Account, depth, blocks, () => _random.Next(3) > 0);
    }

    // Its signer carries an intent out itself, or cancels it; somebody acts on the contract; the lane's account sends something else.
    private void ActAside()
    {
        var kind = Pick(OtherCallKind.Signed, OtherCallKind.Direct, OtherCallKind.Cancel, OtherCallKind.Robbery);
        var act = Submissions.Count > 0 && _random.Next(3) > 0
            ? Submissions[_random.Next(Submissions.Count)].Act
            : ScheduleWorld.People.NewAct(_random, _world.Chain.Head.State, NextNonce(), _world.NowUnixSeconds + 3_600, _world.NowUnixSeconds);
        Foreign.Add(act);
        _world.Chain.Add(new OtherCall(act, kind));
        _world.Trace.Add($"aside: {kind} {act.PrimaryType} {act.Digest(ScheduleWorld.ChainId)}");
    }

    private BigInteger NextNonce() => KeyedNonce.Of(++_nonces, 0);

    // One after the other under key 0: each waits for the one before.
    private BigInteger NextOrderedNonce(SignedAct act)
    {
        var lane = (act.Registry, act.Signer);
        var sequence = _ordered.GetValueOrDefault(lane);
        _ordered[lane] = sequence + 1;
        return KeyedNonce.Of(0, sequence);
    }

    private T Pick<T>(params ReadOnlySpan<T> choices) => choices[_random.Next(choices.Length)];
}
