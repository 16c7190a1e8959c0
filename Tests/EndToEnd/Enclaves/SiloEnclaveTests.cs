using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Pythia.Device;
using Pythia.Ethereum;
using Pythia.Tests.DevChain;
using Shouldly;

namespace Pythia.EndToEnd.Enclaves;

/// <summary>The silo program with enclaves in processes of their own: its children, and such as somebody else runs.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class SiloEnclaveTests(RegistryChain chain) : IClassFixture<RegistryChain>, IDisposable
{
    private static readonly Hash32 Device = Keccak256.HashData("nobody's device"u8);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact(Skip = InOneProcess.Skip)]
    public async Task Process_ChildKilledUnderLoad_TheOtherAnswersAndItReturnsWithNewKeysAndPassport()
    {
        // What pings and pauses take is the smallest that lets health be read in between.
        string[] settings = ["EnclaveProcess:Mode=Process", "EnclaveProcess:RestartMilliseconds=1500", "EnclaveProcess:Instances:0:Id=enclave-2"];
        int[] children;
        await using (var silo = await SiloOverChain.Start(chain, _folder, settings).WaitUntilUpAsync())
        {
            var before = await silo.UntilListedAsync(list => list.Count == 2);
            before.Keys.Order(StringComparer.Ordinal).ShouldBe(["enclave-1", "enclave-2"]);
            var (measurement, configuration) = await silo.EvidenceAsync("enclave-1");
            (await silo.EvidenceAsync("enclave-2")).Measurement.ShouldBe(measurement, "one build, one configuration: one measurement, whatever its name");
            var first = Believed(await silo.AskAsync(Device, measurement, configuration, "enclave-1"));
            first.ShouldBe(before["enclave-1"]);

            var running = FindChildren(silo.Process);
            running.Keys.Order(StringComparer.Ordinal).ShouldBe(["enclave-1", "enclave-2"]);
            using var load = new Load(silo);
            await load.AnsweredAsync(100);
            SiloProcess.Kill(running["enclave-1"]);

            // In between health names it, and no question is lost: the other one has them.
            await silo.UntilHealthAsync(reason => reason is { Code: "enclave-process-away", Name: "enclave-1" });
            await load.AnsweredAsync(100);
            await silo.UntilHealthAsync(reason => reason.Name == "enclave-1", there: false);
            var after = await silo.UntilListedAsync(list => list.TryGetValue("enclave-1", out var key) && key != before["enclave-1"]);
            after["enclave-2"].ShouldBe(before["enclave-2"]);
            await load.AnsweredAsync(100);
            (await load.StopAsync()).ShouldBe([HttpStatusCode.OK]);

            // The device never heard of the new key: it is a new passport that it believes, over the same code.
            var second = Believed(await silo.AskAsync(Device, measurement, configuration, "enclave-1"));
            second.ShouldBe(after["enclave-1"]);

            // Asked to stop: the children end by themselves and after the silo's last question, and leave nothing.
            children = [.. silo.Process.FindDescendants()];
            var folders = FindFolders(children);
            folders.Length.ShouldBe(2);
            silo.Process.Signal(SiloProcess.SigTerm);
            (await silo.Process.WaitForExitAsync()).ShouldBe(0, silo.Process.Text);
            await SiloProcess.WaitForEndAsync(children);
            silo.Process.Output.Count(line => line.Contains(" 3005 ", StringComparison.Ordinal)).ShouldBe(2, silo.Process.Text);
            folders.ShouldAllBe(path => !Directory.Exists(path));
        }

        // Killed: it can stop nothing any more, and they end all the same.
        await using var again = await SiloOverChain.Start(chain, _folder, settings).WaitUntilUpAsync();
        children = [.. again.Process.FindDescendants()];
        children.Length.ShouldBe(2);
        again.Process.Signal(SiloProcess.SigKill);
        await again.Process.WaitForExitAsync();
        await SiloProcess.WaitForEndAsync(children);
    }

    [Fact(Skip = InOneProcess.Skip)]
    public async Task Connect_OneRolledAndAnotherInItsPlace_QuestionsGoOnAndTheOtherIsRefusedByName()
    {
        var (tcp, unix) = ($"tcp:127.0.0.1:{FreePort()}", $"unix:{Directory.CreateDirectory(_folder.PathOf("sockets"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName}/enclave");
        await using var old = await EnclaveByHand.StartAsync(chain, _folder, "enclave-1", tcp);
        await using var silo = await SiloOverChain.Start(
            chain, _folder,
            "EnclaveProcess:Mode=Connect", $"EnclaveProcess:EndPoint={tcp}",
            "EnclaveProcess:Instances:0:Id=enclave-2", "EnclaveProcess:Instances:0:Mode=Connect", $"EnclaveProcess:Instances:0:EndPoint={unix}").WaitUntilUpAsync();
        (await silo.ListAsync()).Keys.ShouldBe(["enclave-1"]);
        (await silo.UntilHealthAsync(reason => reason.Code == "enclave-process-away")).Single(reason => reason.Code == "enclave-process-away").Name.ShouldBe("enclave-2");

        // The new one beside the old one, over the other kind of socket.
        await using var young = await EnclaveByHand.StartAsync(chain, _folder, "enclave-2", unix);
        var both = await silo.UntilListedAsync(list => list.Count == 2);
        await silo.UntilHealthAsync(reason => reason.Code == "enclave-process-away", there: false);
        var (measurement, configuration) = await silo.EvidenceAsync("enclave-2");
        foreach (var id in both.Keys) Believed(await silo.AskAsync(Device, measurement, configuration, id)).ShouldBe(both[id]);

        // The old one stops: every question goes to the new one.
        using var load = new Load(silo);
        await load.AnsweredAsync(50);
        (await old.StopAsync()).ShouldBe(0);
        await silo.UntilHealthAsync(reason => reason is { Code: "enclave-process-away", Name: "enclave-1" });
        await load.AnsweredAsync(50);
        (await load.StopAsync()).ShouldBe([HttpStatusCode.OK]);
        Believed(await silo.AskAsync(Device, measurement, configuration)).ShouldBe(both["enclave-2"]);

        // What others start at its endpoint is refused by name, and gets no question.
        await using (await EnclaveByHand.StartAsync(chain, _folder, "enclave-9", tcp))
        {
            var other = (await silo.UntilHealthAsync(reason => reason.Code == "enclave-other")).Single(reason => reason.Code == "enclave-other");
            other.Detail.ShouldBe("enclave enclave-1: id enclave-9 found, enclave-1 expected");
        }

        await using (await EnclaveByHand.StartAsync(chain, _folder, "enclave-1", tcp, drop: "Relay"))
        {
            await silo.UntilHealthAsync(reason => reason.Code == "enclave-other" && reason.Detail.StartsWith("enclave enclave-1: configuration hash ", StringComparison.Ordinal));
            silo.Process.Output.Count(line => line.Contains("[3440]", StringComparison.Ordinal)).ShouldBe(2, silo.Process.Text);
            (await silo.ListAsync()).Keys.ShouldBe(["enclave-2"]);
        }

        await using var back = await EnclaveByHand.StartAsync(chain, _folder, "enclave-1", tcp);
        await silo.UntilListedAsync(list => list.Count == 2);
        Believed(await silo.AskAsync(Device, measurement, configuration, "enclave-1")).ShouldNotBe(both["enclave-1"]);
    }

    // The key by whose passport it believes that nobody owns the device.
    private static string Believed(DeviceAnswer answer)
    {
        answer.IsUsable.ShouldBeTrue(answer.ToString());
        answer.Results[0].IsNull.ShouldBeTrue();
        return Hex.Format(answer.Passport.ShouldNotBeNull().SigningKey.AsSpan());
    }

    // By the name in the file that each was started with.
    private static Dictionary<string, int> FindChildren(SiloProcess silo)
        => silo.FindDescendants().Where(id => HostFile(id) is not null)
            .ToDictionary(id => (string)JsonNode.Parse(File.ReadAllText(HostFile(id)!))!["Id"]!, id => id, StringComparer.Ordinal);

    private static string[] FindFolders(IEnumerable<int> children) => [.. children.Select(HostFile).OfType<string>().Select(path => Path.GetDirectoryName(path)!)];

    private static string? HostFile(int process)
    {
        var arguments = File.ReadAllText($"/proc/{process}/cmdline").Split('\0');
        return Array.IndexOf(arguments, "--host") is var at and > 0 ? arguments[at + 1] : null;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Four who ask again and again.</summary>
    private sealed class Load : IDisposable
    {
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

        private readonly CancellationTokenSource _stop = new();
        private readonly ConcurrentDictionary<HttpStatusCode, int> _statuses = new();
        private readonly Task _asking;

        public Load(SiloOverChain silo) => _asking = Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!_stop.IsCancellationRequested) _statuses.AddOrUpdate(await silo.AskPlainlyAsync(Device), 1, (_, count) => count + 1);
        })));

        public async Task AnsweredAsync(int more)
        {
            using var limit = new CancellationTokenSource(Patience);
            var from = _statuses.Values.Sum();
            while (_statuses.Values.Sum() < from + more) await Task.Delay(5, limit.Token);
        }

        /// <summary>Every status that was seen.</summary>
        public async Task<HttpStatusCode[]> StopAsync()
        {
            await _stop.CancelAsync();
            await _asking.WaitAsync(Patience);
            return [.. _statuses.Keys];
        }

        public void Dispose() => _stop.Dispose();
    }
}
