using System.Text.Json.Nodes;

namespace Pythia.Faults;

/// <summary>A chain, a way to it that can be troubled, and a silo that knows no other way.</summary>
public sealed class TroubledSilo : IAsyncLifetime, IAsyncDisposable
{
    private const int HealthPatienceSeconds = 90;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly HttpClient _http = new();

    public FaultChain Chain { get; } = new();

    public FaultProxy Node { get; private set; } = null!;

    public FaultSeries Series { get; private set; } = null!;

    public FaultyChild Silo { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await Chain.InitializeAsync();
        Node = await FaultProxy.StartAsync(Chain.Anvil.Address);
        Series = await FaultSeries.PrepareAsync(Chain, "troubled");
        Silo = Series.Start(null, [Node.Url]);
        Assert.True(await Silo.IsUpAsync(), Silo.Errors);
    }

    public async Task DisposeAsync()
    {
        await Silo.StopAsync();
        await ((IAsyncDisposable)this).DisposeAsync();
    }

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        await Silo.DisposeAsync();
        await Node.DisposeAsync();
        Series.Dispose();
        await Chain.DisposeAsync();
        _http.Dispose();
    }

    /// <summary>Half of the intents are on their way before the trouble, half come in it; health names it; then it ends, and so do all intents.</summary>
    /// <param name="begin">Begins the trouble.</param>
    /// <param name="end">Ends it.</param>
    /// <param name="codes">One of these is in the health page meanwhile; none: nothing is expected.</param>
    public async Task SurviveAsync(Func<Task> begin, Func<Task> end, params string[] codes)
    {
        var (before, meanwhile) = (await Series.NextIntentsAsync(10), await Series.NextIntentsAsync(12));
        await Series.SubmitAsync(Silo, before);
        await begin();
        await Series.SubmitAsync(Silo, meanwhile);
        if (codes.Length > 0)
        {
            await UntilHealthAsync(Silo, found => found.Intersect(codes).Any(), string.Join(" or ", codes));
        }

        await end();
        await Series.SettleAsync(Silo);
        Assert.False(Silo.HasExited, Silo.Errors);
        var violations = await Series.FindViolationsAsync();
        Assert.True(violations.Count == 0, string.Join('\n', violations));
        await UntilHealthAsync(Silo, found => found.Count == 0, "none");
    }

    /// <summary>Asks the operators' page, which has no events to wait for, until its codes are such.</summary>
    public async Task UntilHealthAsync(FaultyChild silo, Func<IReadOnlyCollection<string>, bool> fits, string expected)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(HealthPatienceSeconds));
        var text = "";
        try
        {
            while (true)
            {
                using var response = await _http.GetAsync(new Uri(silo.Operations!, "health/ready"), patience.Token);
                text = await response.Content.ReadAsStringAsync(patience.Token);
                var reasons = JsonNode.Parse(text)!["reasons"]!.AsArray();
                if (fits([.. reasons.Select(r => (string)r!["code"]!)]))
                {
                    return;
                }

                await Task.Delay(Pause, patience.Token);
            }
        }
        catch (OperationCanceledException e)
        {
            throw new TimeoutException($"health code {expected} awaited for {HealthPatienceSeconds} s; the page is {text}", e);
        }
    }
}
