using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.Extensions.Configuration;
using Pythia.Contracts.Registries;
using Pythia.Ethereum;
using Pythia.Silo.Commands;
using Pythia.Silo.Hosting;
using Pythia.Silo.Options;
using Shouldly;
using Spectre.Console;

namespace Pythia.EndToEnd;

/// <summary>A silo whose only node is away waits for it, says so, and is told apart from one that is ready or hangs.</summary>
public sealed class NodeWaitTests : IDisposable
{
    private const ulong ChainId = 31_337;

    private readonly TemporaryFolder _folder = new();
    private readonly LineWriter _lines = new();
    private readonly int _nodePort = FreePort();
    private readonly int _gatewayPort = FreePort();
    private readonly int _operationsPort = FreePort();

    public void Dispose()
    {
        _lines.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Open_NodeThatComesLater_WaitsWithReasonsAndGoesOn()
    {
        new DeploymentManifest(ChainId, Hash32.Zero, Address.Zero, 0, 0, []).Save(Path.Combine(Directory.CreateDirectory(_folder.PathOf("data")).FullName, "contracts.json"));
        using var data = DataFolder.Take(_folder.PathOf("data"));
        var opening = OpenAsync(data, CancellationToken.None);
        var line = await _lines.WaitForAsync($"waiting for node 127.0.0.1:{_nodePort}: ");
        line.ShouldContain("refused", Case.Insensitive);

        (await GetAsync(_gatewayPort, "live")).Status.ShouldBe(HttpStatusCode.OK);
        var (status, page) = await GetAsync(_gatewayPort, "ready");
        status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        ((string?)page["status"]).ShouldBe("not-ready");
        page["reasons"]!.AsArray().Select(reason => (string?)reason!["code"]).ShouldBe(["starting", "node-not-reached"]);
        page.ToJsonString().ShouldNotContain($"{_nodePort}");
        var (_, operators) = await GetAsync(_operationsPort, "ready");
        ((string?)operators["reasons"]![1]!["detail"])!.ShouldStartWith($"node 127.0.0.1:{_nodePort}: ");
        opening.IsCompleted.ShouldBeFalse();

        await using var node = new OneAnswerNode(_nodePort, ChainId);
        await _lines.WaitForAsync("waiting for a node: done");
        await using var chain = await opening.WaitAsync(TimeSpan.FromSeconds(60));
        chain.Contracts.ChainId.ShouldBe(ChainId);

        // The addresses are free for the silo itself.
        using var gateway = new TcpListener(IPAddress.Loopback, _gatewayPort);
        gateway.Start();
    }

    [Fact]
    public async Task Open_NodeOfAnotherChainThatComesLater_StopsAndNamesBoth()
    {
        using var data = DataFolder.Take(_folder.PathOf("data"));
        var opening = OpenAsync(data, CancellationToken.None);
        await _lines.WaitForAsync("waiting for node ");
        await using var node = new OneAnswerNode(_nodePort, 5);

        var failure = await Should.ThrowAsync<StartException>(opening.WaitAsync(TimeSpan.FromSeconds(60)));
        failure.Message.ShouldContain($"chain 5 found at http://127.0.0.1:{_nodePort}/, {ChainId} expected");
    }

    [Fact]
    public async Task Open_AskedToStopWhileItWaits_Stops()
    {
        using var data = DataFolder.Take(_folder.PathOf("data"));
        using var stop = new CancellationTokenSource();
        var opening = OpenAsync(data, stop.Token);
        await _lines.WaitForAsync("waiting for node ");
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(opening.WaitAsync(TimeSpan.FromSeconds(60)));
    }

    private Task<ChainAccess> OpenAsync(DataFolder data, CancellationToken stop) => ChainAccess.OpenAsync(
        SiloSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Data:Folder"] = data.FullName,
            ["Chain:Id"] = $"{ChainId}",
            ["Chain:Rpc:0"] = $"http://127.0.0.1:{_nodePort}",
            ["Relay:Key"] = "0x" + new string('1', 64),
            ["Gateway:Url"] = $"http://127.0.0.1:{_gatewayPort}",
            ["Operations:Url"] = $"http://127.0.0.1:{_operationsPort}",
        }).Build()),
        data,
        new Silo.Hosting.Progress(AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(_lines) })),
        stop,
        waits: true);

    private static async Task<(HttpStatusCode Status, JsonObject Page)> GetAsync(int port, string page)
    {
        using var http = new HttpClient();
        using var response = await http.GetAsync(new Uri($"http://127.0.0.1:{port}/health/{page}"));
        return (response.StatusCode, (JsonObject)JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>A node that says its chain id to whatever it is asked.</summary>
    private sealed class OneAnswerNode : IAsyncDisposable
    {
        private readonly HttpListener _http = new();
        private readonly Task _serving;

        public OneAnswerNode(int port, ulong chainId)
        {
            _http.Prefixes.Add($"http://127.0.0.1:{port}/");
            _http.Start();
            _serving = ServeAsync(chainId);
        }

        public async ValueTask DisposeAsync()
        {
            _http.Stop();
            await _serving;
            _http.Close();
        }

        private async Task ServeAsync(ulong chainId)
        {
            while (_http.IsListening)
            {
                try
                {
                    var context = await _http.GetContextAsync();
                    var asked = (await JsonNode.ParseAsync(context.Request.InputStream))!;
                    var answer = new JsonObject { ["jsonrpc"] = "2.0", ["id"] = asked["id"]!.DeepClone(), ["result"] = $"0x{chainId:x}" };
                    context.Response.ContentType = "application/json";
                    await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(answer.ToJsonString()));
                    context.Response.Close();
                }
                catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
                {
                    return; // stopped
                }
            }
        }
    }

    /// <summary>What was said, line by line.</summary>
    private sealed class LineWriter : StringWriter
    {
        private readonly Channel<string> _said = Channel.CreateUnbounded<string>();

        public override void WriteLine(string? value) => _said.Writer.TryWrite(value ?? "");

        public async Task<string> WaitForAsync(string text)
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            await foreach (var line in _said.Reader.ReadAllAsync(patience.Token))
            {
                if (line.Contains(text, StringComparison.Ordinal)) return line;
            }

            throw new TimeoutException($"awaited a line with '{text}'");
        }
    }
}
