using System.Security.Cryptography;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Pythia.Enclave.Hosting;
using Pythia.Grains.Pythia;
using Pythia.Silo.Hosting;
using Pythia.Silo.Options;

namespace Pythia.Silo.Demo;

/// <summary>
/// A device's life: 1. made and registered, 2. claimed, 3. its data granted under a policy, 4. commanded, and that revoked, 5. sold, 6. asked which enclave
/// is genuine, 7. lied to.
/// People, devices and keys are fresh each time, so that it plays again on the same chain.
/// </summary>
internal static class DeviceLife
{
    private const int BatchSize = 1_000;

    public static async Task PlayAsync(SiloSettings settings, ChainAccess chain, DataFolder folder, Progress progress, DemoReport report, CancellationToken cancellationToken)
    {
        await using var proxy = await LyingProxy.StartAsync(chain.Nodes[0], cancellationToken);
        using var verifier = VerifierOfDemo.Create(AttestationSetup.SimulatedPlatformFolder(settings.Attestation.Folder is { Length: > 0 } set ? set : folder.PathOf("attestation")), folder);
        await using var program = await PythiaProgram.StartAsync(ForDemo(settings, verifier), chain, folder, progress, cancellationToken, proxy.Url);
        using var http = new HttpClient { BaseAddress = program.Url, Timeout = TimeSpan.FromSeconds(30) };
        var stage = new LifeStage(new RestClient(http, chain.Contracts.ChainId), chain, report, TimeProvider.System);
        using var cast = new Cast();

        // 1. made
        report.Chapter("A manufacturer makes devices");
        using var factory = await progress.RunAsync($"making {BatchSize} devices with keys of their own", () => Task.Run(() => new Factory(cast.Manufacturer, BatchSize), cancellationToken));
        var made = factory.Devices[RandomNumberGenerator.GetInt32(BatchSize)];
        await ClaimChapter.RegisterAsync(stage, factory, cancellationToken);

        // 2. claimed
        report.Chapter("An owner claims one, others can't");
        var label = folder.PathOf($"device-{made.Id}.svg");
        await File.WriteAllTextAsync(label, made.DrawLabel(chain.Contracts.ChainId), cancellationToken);
        report.Note($"device {made.Id}, its label with the QR code: {label}");
        await ClaimChapter.ClaimAsync(stage, cast, factory, made, cancellationToken);
        var enclave = program.Services.GetRequiredService<EnclaveFleet>().Members[0].Enclave;
        using var device = new LifeDevice(made.Id, await enclave.IdentifyAsync(cancellationToken), http, program.Url, folder.PathOf($"device-{made.Id}.memory"), report);
        await device.SwitchOnAsync(cancellationToken);
        await device.AskAsync("who owns me?", Enclave.Verifier.Facts.Fact.OwnerOf, cast.OwnerA.Address.ToString(), cancellationToken);

        // 3. data, 4. commands, 5. sold
        var act = new ConsentChapters(stage, cast, made, device);
        await act.ShareDataAsync(cancellationToken);
        var changed = await act.CommandAsync(cancellationToken);
        await act.SellAsync(cancellationToken);

        // 6. which enclave
        await new PassportChapter(stage, made.Id, http, program.Url, enclave, await enclave.IdentifyAsync(cancellationToken), verifier)
            .PlayAsync(cast.OwnerB, cast.Stranger.Address, cancellationToken);

        // 7. lied to
        var lies = await new LiesChapter(stage, device, enclave, proxy).PlayAsync(cast.OwnerB, cancellationToken);
        report.Summary(
        [
            ("steps", $"{report.Steps}, each as expected"),
            ("gas", DemoReport.Number(report.Gas)),
            ("answers believed", $"{report.Answers}, {report.AnswerBytes / Math.Max(1, report.Answers)} bytes on average"),
            ("refusals, each named", $"{report.Refusals}"),
            ("from the revocation's block to the changed answer", $"{changed.TotalMilliseconds:0} ms"),
            ("lies told to the enclave", $"{lies}, no false answer"),
            ("assurance", "development: the head is a node's word; a whole self-consistent false chain is excluded only by consensus rules that come later"),
            ("time", $"{report.Elapsed.TotalSeconds:0.0} s"),
        ]);
    }

    // A node that lies is asked again soon, one that hangs does not hold the demo up, and warnings of lies don't drown the steps; what the user sets
    // stays.
    private static SiloSettings ForDemo(SiloSettings settings, VerifierOfDemo verifier) => settings with
    {
        Configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase)
            {
                ["Enclave:ReplyMilliseconds"] = "500",
                ["Enclave:MinBlockWaitMilliseconds"] = "1000",
                ["Enclave:SetAsideSeconds"] = "1",
                ["Logging:LogLevel:Default"] = "Error",
                ["Passport:KeyFile"] = verifier.KeyFile,
                ["Passport:PolicyFile"] = verifier.PolicyFile,
            })
            .AddConfiguration(settings.Configuration)
            .Build(),
    };
}

/// <summary>Those who act in the life.</summary>
internal sealed class Cast : IDisposable
{
    public Party Manufacturer { get; } = Party.Create("manufacturer");

    public Party OwnerA { get; } = Party.Create("owner A");

    public Party OwnerB { get; } = Party.Create("buyer B");

    public Party Service { get; } = Party.Create("service S");

    public Party Stranger { get; } = Party.Create("stranger X");

    public Party Publisher { get; } = Party.Create("publisher P");

    public void Dispose()
    {
        foreach (var party in new[] { Manufacturer, OwnerA, OwnerB, Service, Stranger, Publisher }) party.Dispose();
    }
}
