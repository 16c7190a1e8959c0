using System.Collections.Immutable;
using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Pythia.Contracts.JsonRpc;
using Pythia.Contracts.Keys;
using Pythia.Enclave.Attestation.Passports;
using Pythia.Gateway.Passports;
using Pythia.Silo.Endorsing;
using Pythia.Silo.Keys;

namespace Pythia.Silo.Commands;

/// <summary>
/// <c>registry endorse</c>: an endorser's own service. It asks a gateway for enclaves, checks their evidence by its own policy, and signs, proposes and sends
/// registrations of their keys; with <c>--watch</c> until it is stopped.
/// </summary>
internal static class RegistryEndorse
{
    private static readonly TimeSpan GatewayPatience = TimeSpan.FromSeconds(30);

    /// <summary>What is asked for.</summary>
    private sealed record Order(Uri Gateway, FileInfo Policy, FileInfo KeystoreFile, FileInfo PasswordFile, int Days, int Hours, int Seconds, bool Watch, bool Json);

    public static Command Build(SettingsOptions settings)
    {
        var gateway = UrlOption("--gateway", "Where enclaves and other endorsers are met; it is trusted for nothing.");
        gateway.Required = true;
        var policy = new Option<FileInfo>("--policy") { Description = "Whom to stand for: a verifier's policy (docs/operations/passports.md).", Required = true };
        var keystore = new Option<FileInfo>("--keystore-file") { Description = "The endorser's encrypted key.", Required = true };
        var password = new Option<FileInfo>("--password-file") { Description = "A file with its password, which nobody else may read.", Required = true };
        var days = Number("--days", "How long a key may be good at most: 2 to 90. Default 30.", 30, 2, 90);
        var hours = Number("--hours", "How long its own proposals stay open: 1 to 168. Default 24.", 24, 1, 168);
        var watch = new Option<bool>("--watch") { Description = "Goes on until it is stopped." };
        var seconds = Number("--seconds", "From look to look with --watch: 1 to 3600. Default 15.", 15, 1, 3_600);
        var json = VerifyCommand.JsonOption();
        var command = new Command("endorse", "Stands for keys of enclaves by itself, as far as a policy goes: checks evidence, signs, proposes, and sends what is complete.")
        {
            gateway, policy, keystore, password, days, hours, watch, seconds, json,
        };
        command.SetAction((parsed, stop) => RunAsync(
            settings.Read(parsed),
            new Order(
                parsed.GetRequiredValue(gateway)!, parsed.GetRequiredValue(policy), parsed.GetRequiredValue(keystore), parsed.GetRequiredValue(password), parsed.GetValue(days),
                parsed.GetValue(hours), parsed.GetValue(seconds), parsed.GetValue(watch), parsed.GetValue(json)),
            stop));
        return command;
    }

    private static async Task<int> RunAsync(IConfigurationRoot configuration, Order order, CancellationToken stop)
    {
        var terms = new EndorserTerms(ReadPolicy(order.Policy), TimeSpan.FromDays(order.Days), TimeSpan.FromHours(order.Hours));
        using var key = ReadKey(order.KeystoreFile, order.PasswordFile);
        using var acts = await RegistryActs.OpenAsync(configuration, hours: 0, stop);
        using var payer = acts.OpenPayer();
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false })
        {
            BaseAddress = order.Gateway,
            Timeout = GatewayPatience,
            MaxResponseContentBufferSize = EndorserGateway.MostBytes,
        };
        var chain = new EndorserChain(acts.Rpc, acts.Contracts, payer ?? key, TimeProvider.System);
        var endorser = new RegistrationEndorser(new EndorserGateway(http, acts.Contracts.ChainId), chain, key, terms, order.Watch, TimeProvider.System);
        return order.Watch
            ? await WatchAsync(endorser.RoundAsync, note => Say(note, order.Json), TimeSpan.FromSeconds(order.Seconds), stop)
            : await OnceAsync(endorser, order, stop);
    }

    private static async Task<int> OnceAsync(RegistrationEndorser endorser, Order order, CancellationToken stop)
    {
        try
        {
            var notes = await endorser.RoundAsync(stop);
            foreach (var note in notes) Say(note, order.Json);
            return notes.All(note => note.Event is EndorserEvent.Proposed or EndorserEvent.Signed or EndorserEvent.Complete or EndorserEvent.Registered)
                ? SiloCommandLine.AllHolds
                : SiloCommandLine.DoesNotHold;
        }
        catch (Exception e) when (e is EndorserGatewayException or RpcException or RpcUnavailableException)
        {
            throw new StartException(e.Message, e);
        }
    }

    /// <summary>Round after round. Gateway and node may be away for a while, and say anything: what was said in the round before is not said again.</summary>
    internal static async Task<int> WatchAsync(Func<CancellationToken, Task<ImmutableArray<EndorserNote>>> round, Action<EndorserNote> say, TimeSpan pause, CancellationToken stop)
    {
        using var ticks = new PeriodicTimer(pause);
        ImmutableArray<EndorserNote> said = [];
        try
        {
            do
            {
                ImmutableArray<EndorserNote> notes;
                try
                {
                    notes = await round(stop);
                }
                catch (Exception e) when (e is not OperationCanceledException || !stop.IsCancellationRequested)
                {
                    var name = e is EndorserGatewayException or RpcException or RpcUnavailableException ? "" : $"{e.GetType().Name}: ";
                    notes = [new(EndorserEvent.Trouble, null, null, null, $"{name}{e.Message}")];
                }

                foreach (var note in notes.Except(said)) say(note);
                said = notes;
            }
            while (await ticks.WaitForNextTickAsync(stop));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // asked to stop
        }

        return SiloCommandLine.AllHolds;
    }

    private static void Say(EndorserNote note, bool json)
        => Console.Out.WriteLine(json
            ? new JsonObject
            {
                ["event"] = $"{note.Event}",
                ["enclave"] = note.Enclave,
                ["keyId"] = note.KeyId?.ToString(),
                ["registration"] = note.Digest?.ToString(),
                ["detail"] = note.Detail,
            }.ToJsonString()
            : $"{note}");

    private static PassportPolicy ReadPolicy(FileInfo file)
    {
        try
        {
            return VerifierFiles.ReadPolicy(file.FullName);
        }
        catch (VerifierFileException e)
        {
            throw new StartException($"--policy: {e.Message}", SiloCommandLine.WrongInput);
        }
    }

    private static EthereumKey ReadKey(FileInfo keystoreFile, FileInfo passwordFile)
    {
        var json = SecretFile.Read("--keystore-file", keystoreFile.FullName, Keystore.MostBytes);
        var password = SecretFile.ReadLine("--password-file", passwordFile.FullName);
        try
        {
            var opened = Keystore.Open(json, password);
            return opened.Key ?? throw new StartException($"{keystoreFile.FullName}: {opened.Describe()}", SiloCommandLine.WrongInput);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(password);
        }
    }

    /// <summary>An absolute http or https URL.</summary>
    public static Option<Uri?> UrlOption(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "URL",
        CustomParser = result =>
        {
            if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var url) && url.Scheme is ("http" or "https")) return url;

            result.AddError($"{name}: '{result.Tokens[0].Value}' found, an http or https URL expected");
            return null;
        },
    };

    private static Option<int> Number(string name, string description, int usual, int least, int most)
    {
        var option = new Option<int>(name) { Description = description, HelpName = "N", DefaultValueFactory = _ => usual };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is var value && (value < least || value > most)) result.AddError($"{name}: {value} found, {least} to {most} expected");
        });
        return option;
    }
}
