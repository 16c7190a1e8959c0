using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Pythia.Grains.Mirror;

/// <summary>With the silo's start: lanes go on, whoever may have something unsent is woken, and followers follow, without waiting for reminders.</summary>
internal sealed partial class MirrorStarter(IGrainFactory grains, LedgerChains chains, TimeProvider time, ILogger<MirrorStarter> logger) : BackgroundService
{
    private const int SweptAtOnce = 8;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        foreach (var chain in chains.All)
        {
            foreach (var lane in chain.Lanes)
            {
                var relay = grains.GetGrain<IRelayGrain>(GrainKeys.Of(chain.ChainId, lane.Account.ToString()));
                await UntilDoneAsync(relay.StartAsync, stoppingToken);
            }

            // Before the follower: an event that only names a nonce is told to the intent that a lane holds.
            for (var bucket = 0; bucket < OutboxSweepGrain.Buckets; bucket += SweptAtOnce)
            {
                var some = Enumerable.Range(bucket, SweptAtOnce).Select(b => grains.GetGrain<IOutboxSweepGrain>(GrainKeys.Of(chain.ChainId, $"{b}")));
                await UntilDoneAsync(() => Task.WhenAll(some.Select(s => s.SweepAsync())), stoppingToken);
            }

            var follower = grains.GetLedger(chain.ChainId);
            await UntilDoneAsync(follower.StartAsync, stoppingToken);
        }
    }

    // The silo may still be starting, or storage away: reminders would do it later, this tries each second.
    private async Task UntilDoneAsync(Func<Task> start, CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await start();
                return;
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                return; // the silo stops; a failure that goes out of a service would look like one of its own
            }
            catch (Exception e)
            {
                LogNotYet(e);
                await Task.Delay(Pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    [LoggerMessage(EventId = 4401, Level = LogLevel.Warning, Message = "The mirror can't start yet; it will try again")]
    private partial void LogNotYet(Exception exception);
}
