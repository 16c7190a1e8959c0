using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Shouldly;

namespace Pythia.EndToEnd;

/// <summary>What stays up stops cleanly, leaves nothing behind however it ends, and goes on where it was.</summary>
public sealed class RunTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact(Skip = InOneProcess.Skip)]
    public async Task Run_StoppedAndKilled_LeavesNothingBehindAndGoesOn()
    {
        var data = _folder.PathOf("data");
        ulong cursor;
        await using (var first = SiloProcess.Start("run", "--data", data, "--set", "Operations:StopSeconds=2"))
        {
            var health = await WaitUntilUpAsync(first);
            first.Output.Count(line => line.Contains("  deployed ", StringComparison.Ordinal)).ShouldBe(6);
            ((string?)(await GetAsync(health))["status"]).ShouldBe("ready");
            cursor = (ulong)(await GetAsync(new Uri(health, "/v1/chains/31337/ledger")))["cursor"]!;

            // One folder, one process.
            await using var second = SiloProcess.Start("run", "--data", data);
            (await second.WaitForExitAsync()).ShouldBe(1, second.Text);
            second.Text.ShouldContain("another process found that uses it");

            // Asked to stop, while somebody is slow to say what he wants: his connection is cut when the time is over.
            var children = first.FindDescendants();
            children.ShouldNotBeEmpty();
            using var slow = await BeginRequestAsync(health);
            first.Signal(SiloProcess.SigTerm);
            (await first.WaitForExitAsync()).ShouldBe(0, first.Text);
            first.Text.ShouldContain("Stopped.");
            await SiloProcess.WaitForEndAsync(children);
        }

        await using var again = SiloProcess.Start("--data", data, "--rebuild");
        var healthAgain = await WaitUntilUpAsync(again);
        again.Text.ShouldNotContain("  deployed ");
        again.Text.ShouldContain("Rebuilding: the follower of chain 31337 begins anew as branch ");
        await UntilAsync(healthAgain, cursor);

        // Killed.
        var orphans = again.FindDescendants();
        orphans.ShouldNotBeEmpty();
        again.Signal(SiloProcess.SigKill);
        await again.WaitForExitAsync();
        await SiloProcess.WaitForEndAsync(orphans);
    }

    // The head of a request, and of its body one byte of ten.
    private static async Task<TcpClient> BeginRequestAsync(Uri url)
    {
        var client = new TcpClient();
        await client.ConnectAsync(url.Host, url.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"POST /pythia/31337/answer HTTP/1.1\r\nHost: {url.Authority}\r\nContent-Type: application/cbor\r\nContent-Length: 10\r\n\r\nx"));
        return client;
    }

    // It reads the whole chain again; the ledger's view has no event to wait for.
    private static async Task UntilAsync(Uri url, ulong cursor)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while ((ulong)(await GetAsync(new Uri(url, "/v1/chains/31337/ledger")))["cursor"]! < cursor)
        {
            await Task.Delay(100, patience.Token);
        }
    }

    private static async Task<Uri> WaitUntilUpAsync(SiloProcess silo)
    {
        var line = await silo.WaitForLineAsync("health/ready");
        await silo.WaitForLineAsync("Up. Ctrl-C stops it.");
        return new Uri(line[line.IndexOf("http://", StringComparison.Ordinal)..].Trim());
    }

    private static async Task<JsonObject> GetAsync(Uri url)
    {
        using var http = new HttpClient();
        using var response = await http.GetAsync(url);
        var text = await response.Content.ReadAsStringAsync();
        response.IsSuccessStatusCode.ShouldBeTrue(text);
        return (JsonObject)JsonNode.Parse(text)!;
    }
}
