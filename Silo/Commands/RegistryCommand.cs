using System.CommandLine;
using System.CommandLine.Parsing;
using Pythia.Ethereum;
using Pythia.Silo.Commands.Faults;

namespace Pythia.Silo.Commands;

/// <summary>
/// <c>registry prepare</c>, <c>registry sign</c>, <c>registry send</c>, <c>registry show</c>, <c>registry endorse</c>, <c>registry revoke-own-key</c>, <c>registry configuration</c>: what endorsers and operators do at PythiaRegistry. Prepared is what wallets
/// sign (eth_signTypedData_v4), each endorser signs it offline, and anybody with gas sends it with the signatures.
/// </summary>
internal static class RegistryCommand
{
    public static Command Build()
    {
        var settings = new SettingsOptions();
        var command = new Command("registry", "Endorses and withdraws measurements and configurations of enclaves, registers and revokes their keys (docs/operations/registry.md).")
        {
            BuildPrepare(settings),
            BuildSign(),
            BuildSend(settings),
            BuildShow(settings),
            BuildConfiguration(settings),
            FaultCommand.Build(settings),
            RegistryEndorse.Build(settings),
            RegistryRevokeOwnKey.Build(settings),
        };
        settings.AddTo(command);
        return command;
    }

    private static Command BuildPrepare(SettingsOptions settings)
    {
        var hours = new Option<int>("--hours") { Description = "How long the signatures may be carried out: 1 to 720. Default 24.", Recursive = true, DefaultValueFactory = _ => 24 };
        hours.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 720) result.AddError("--hours: 1 to 720 expected");
        });
        var command = new Command("prepare", "Prints an act as typed data, for endorsers to sign.")
        {
            OfHash("endorse-measurement", "Puts a measurement (MRENCLAVE) into force.", (acts, hash, stop) => acts.EndorseMeasurementAsync(hash, stop)),
            OfHash("withdraw-measurement", "Ends a measurement and all keys under it.", (acts, hash, stop) => acts.WithdrawMeasurementAsync(hash, stop)),
            BuildEndorseConfiguration(),
            OfHash("withdraw-configuration", "Ends a configuration and all keys under it.", (acts, hash, stop) => acts.WithdrawConfigurationAsync(hash, stop)),
            OfHash("revoke-key", "Ends a key for ever, by its id: SHA-256 of x and y.", (acts, hash, stop) => acts.RevokeKeyAsync(hash, stop)),
            BuildRegisterKey(),
            BuildChangeEndorsers(),
        };
        command.Options.Add(hours);
        return command;

        Command OfHash(string name, string description, Func<RegistryActs, Hash32, CancellationToken, Task<string>> prepare)
        {
            var hash = new Argument<Hash32>("HEX") { Description = "32 bytes, 0x and 64 hex digits.", CustomParser = ReadHash };
            var one = new Command(name, description) { hash };
            one.SetAction(async (parsed, stop) => await PrintAsync(parsed, (acts, token) => prepare(acts, parsed.GetRequiredValue(hash), token), stop));
            return one;
        }

        Command BuildEndorseConfiguration()
        {
            var named = new Argument<string>("CONFIGURATION") { Description = "The configuration itself: 0x and hex, a file, or an address. registry configuration prints it." };
            var one = new Command("endorse-configuration", "Shows a configuration and puts its hash into force; one of another chain or deployment is refused.") { named };
            one.SetAction(async (parsed, stop) => await PrintAsync(
                parsed, async (acts, token) => await acts.EndorseConfigurationAsync(await RegistryConfiguration.ReadAsync(parsed.GetRequiredValue(named), token), token), stop));
            return one;
        }

        Command BuildRegisterKey()
        {
            var key = Hex("--key", "The signing key, x and y: 64 bytes.");
            var agreement = Hex("--agreement-key", "The key-agreement key, x and y: 64 bytes.");
            var measurement = Hash("--measurement", "The endorsed measurement that its evidence shows.");
            var configuration = Hash("--configuration", "The endorsed configuration that its evidence shows.");
            var operatorName = new Option<string>("--operator") { Description = "Name of who runs the enclave; the same for all its keys.", Required = true };
            var evidence = new Option<FileInfo>("--evidence") { Description = "The evidence that was checked; its SHA-256 is signed.", Required = true };
            var days = new Option<int>("--days") { Description = "How long the key is good: 1 to 90. Default 30.", DefaultValueFactory = _ => 30 };
            var register = new Command("register-key", "Registers an enclave's key, whose evidence was checked.") { key, agreement, measurement, configuration, operatorName, evidence, days };
            register.SetAction(async (parsed, stop) => await PrintAsync(
                parsed,
                (acts, token) => acts.RegisterKeyAsync(
                    new KeyToRegister(
                        parsed.GetRequiredValue(key), parsed.GetRequiredValue(agreement), parsed.GetRequiredValue(measurement), parsed.GetRequiredValue(configuration),
                        parsed.GetRequiredValue(operatorName), parsed.GetRequiredValue(evidence), parsed.GetValue(days)),
                    token),
                stop));
            return register;
        }

        Command BuildChangeEndorsers()
        {
            var endorsers = new Option<string[]>("--endorser") { Description = "Address of an endorser; once for each of the new set.", Required = true };
            var threshold = new Option<int>("--threshold") { Description = "How many of them an act needs.", Required = true };
            var change = new Command("change-endorsers", "Puts another set in the place of the endorsers.") { endorsers, threshold };
            change.SetAction(async (parsed, stop) => await PrintAsync(
                parsed, (acts, token) => acts.ChangeEndorsersAsync(parsed.GetRequiredValue(endorsers), parsed.GetRequiredValue(threshold), token), stop));
            return change;
        }

        async Task<int> PrintAsync(ParseResult parsed, Func<RegistryActs, CancellationToken, Task<string>> prepare, CancellationToken stop)
        {
            using var acts = await RegistryActs.OpenAsync(settings.Read(parsed), parsed.GetValue(hours), stop);
            await Console.Out.WriteLineAsync(await prepare(acts, stop));
            return SiloCommandLine.AllHolds;
        }
    }

    private static Command BuildSign()
    {
        var file = new Argument<FileInfo>("FILE") { Description = "What prepare printed." };
        var keystore = new Option<FileInfo>("--keystore-file") { Description = "The endorser's encrypted key.", Required = true };
        var password = new Option<FileInfo>("--password-file") { Description = "A file with its password, which nobody else may read.", Required = true };
        var command = new Command("sign", "Shows an act and prints an endorser's signature; reads files only.") { file, keystore, password };
        command.SetAction(parsed => RegistrySigning.Sign(parsed.GetRequiredValue(file), parsed.GetRequiredValue(keystore), parsed.GetRequiredValue(password)));
        return command;
    }

    private static Command BuildSend(SettingsOptions settings)
    {
        var file = new Argument<FileInfo>("FILE") { Description = "What prepare printed." };
        var signatures = new Option<string[]>("--signature")
        {
            Description = "An endorser's signature, 0x and hex; once for each. With NUMBER: before it for an endorser that is a contract.",
            Required = true,
        };
        var command = new Command("send", "Sends an act with its endorsers' signatures, paid by the first relaying account.") { file, signatures };
        command.SetAction(async (parsed, stop) =>
        {
            using var acts = await RegistryActs.OpenAsync(settings.Read(parsed), hours: 0, stop);
            await Console.Out.WriteLineAsync(await acts.SendAsync(parsed.GetRequiredValue(file), parsed.GetRequiredValue(signatures), stop));
            return SiloCommandLine.AllHolds;
        });
        return command;
    }

    private static Command BuildShow(SettingsOptions settings)
    {
        var key = new Option<Hash32?>("--key") { Description = "A key's id: 32 bytes.", CustomParser = result => ReadHash(result) };
        var command = new Command("show", "Says who the endorsers are, what they stand for, and how a key stands, as a node has it.") { key };
        command.SetAction(async (parsed, stop) =>
        {
            using var acts = await RegistryActs.OpenAsync(settings.Read(parsed), hours: 0, stop);
            foreach (var line in await acts.DescribeAsync(parsed.GetValue(key), stop)) await Console.Out.WriteLineAsync(line);
            return SiloCommandLine.AllHolds;
        });
        return command;
    }

    private static Command BuildConfiguration(SettingsOptions settings)
    {
        var level = new Option<int>("--level") { Description = "Assurance of the enclaves' heads: 0 development, 1 sealed, 2 optimistic, 3 finalized. Default 0." };
        level.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 0 or > 3) result.AddError("--level: 0 to 3 expected");
        });
        var command = new Command("configuration", "Prints the configuration that enclaves over this deployment have, whose SHA-256 is endorsed; and on standard error what is in it.") { level };
        command.SetAction(async (parsed, stop) =>
        {
            using var acts = await RegistryActs.OpenAsync(settings.Read(parsed), hours: 0, stop);
            var configuration = RegistryConfiguration.Of(acts.Contracts, (byte)parsed.GetValue(level));
            foreach (var line in RegistryConfiguration.Describe(configuration)) await Console.Error.WriteLineAsync(line);
            await Console.Out.WriteLineAsync(Ethereum.Hex.Format(configuration.Encode()));
            return SiloCommandLine.AllHolds;
        });
        return command;
    }

    private static Option<Hash32> Hash(string name, string description) => new(name) { Description = description, Required = true, HelpName = "HEX", CustomParser = ReadHash };

    private static Option<byte[]> Hex(string name, string description) => new(name)
    {
        Description = description,
        Required = true,
        HelpName = "HEX",
        CustomParser = result =>
        {
            if (Ethereum.Hex.TryParse(result.Tokens[0].Value, out var bytes) && bytes.Length == 64) return bytes;

            result.AddError($"{name}: 0x and 128 hex digits expected");
            return [];
        },
    };

    private static Hash32 ReadHash(ArgumentResult result)
    {
        if (!Hash32.TryParse(result.Tokens[0].Value, out var hash)) result.AddError($"'{result.Tokens[0].Value}' found, 0x and 64 hex digits expected");
        return hash;
    }
}
