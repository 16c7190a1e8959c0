using System.CommandLine;
using Pythia.Contracts.Registries;
using Pythia.Enclave.Verifier.Answers;

namespace Pythia.Silo.Commands.Faults;

/// <summary><c>registry fault storage</c>, <c>contradiction</c> and <c>not-canonical</c>: ends an enclave's key by what it signed. Anybody may, who pays the gas.</summary>
internal static class FaultCommand
{
    public static Command Build(SettingsOptions settings)
    {
        var key = VerifyCommand.HexOption("--key", "The enclave's P-256 key, x and y: 64 bytes, or 65 with 04 before them.", 64, 65);
        key.Recursive = true;
        var dryRun = new Option<bool>("--dry-run") { Description = "Judges and shows the call, and sends nothing.", Recursive = true };
        var command = new Command("fault", "Ends a key whose signed answers can't be true (docs/operations/registry.md). It is judged here first, and sent only when the contract will agree.")
        {
            BuildStorage(),
            BuildContradiction(),
            BuildNotCanonical(),
        };
        command.Options.Add(key);
        command.Options.Add(dryRun);
        return command;

        Command BuildStorage()
        {
            var (answer, request, configuration) = (AnswerFile("ANSWER"), RequestFile("--request"), Configuration());
            var proof = new Option<string?>("--proof") { Description = "The raw proof, {\"header\":…,\"proofs\":[…]}; without it, header and proofs come from the nodes of Chain:Rpc.", HelpName = "FILE" };
            var storage = new Command("storage", "One answer, against header and state of the very block that it names; of any level and age.") { answer, request, configuration, proof };
            storage.SetAction((parsed, stop) => RunAsync(
                parsed, parsed.GetValue(configuration), (fault, token) => fault.StorageAsync(new(parsed.GetRequiredValue(answer), parsed.GetRequiredValue(request)), parsed.GetValue(proof), token), stop));
            return storage;
        }

        Command BuildContradiction()
        {
            var (answer, request) = (AnswerFile("ANSWER"), RequestFile("--request"));
            var (other, otherRequest) = (AnswerFile("OTHER"), RequestFile("--other-request"));
            var contradiction = new Command("contradiction", "Two answers under one block hash that can't both be true.") { answer, other, request, otherRequest };
            contradiction.SetAction((parsed, stop) => RunAsync(
                parsed,
                configuration: null,
                (fault, token) => fault.ContradictionAsync(
                    new(parsed.GetRequiredValue(answer), parsed.GetRequiredValue(request)), new(parsed.GetRequiredValue(other), parsed.GetRequiredValue(otherRequest)), token),
                stop));
            return contradiction;
        }

        Command BuildNotCanonical()
        {
            var (answer, request, configuration) = (AnswerFile("ANSWER"), RequestFile("--request"), Configuration());
            var notCanonical = new Command("not-canonical", "A finalized answer of a block that is not the chain's; of the last 8,191 blocks.") { answer, request, configuration };
            notCanonical.SetAction((parsed, stop) => RunAsync(
                parsed, parsed.GetValue(configuration), (fault, token) => fault.NotCanonicalAsync(new(parsed.GetRequiredValue(answer), parsed.GetRequiredValue(request)), token), stop));
            return notCanonical;
        }

        async Task<int> RunAsync(ParseResult parsed, string? configuration, Func<RegistryFault, CancellationToken, Task<FoundFault>> find, CancellationToken stop)
        {
            using var enclave = VerifyAnswer.ImportKey(parsed.GetRequiredValue(key)) ?? throw new StartException("--key: no point of P-256 found, x and y of one expected", SiloCommandLine.WrongInput);
            using var acts = await RegistryActs.OpenAsync(settings.Read(parsed), hours: 0, stop);
            var found = await find(new RegistryFault(acts, enclave, configuration), stop);
            return await ShowAsync(acts, enclave, found, parsed.GetValue(dryRun), stop);
        }
    }

    private static async Task<int> ShowAsync(RegistryActs acts, Es256Key key, FoundFault found, bool dryRun, CancellationToken stop)
    {
        if (found.Fault is KeyFault.None)
        {
            await Console.Error.WriteLineAsync($"no fault: {found.Detail}");
            return SiloCommandLine.DoesNotHold;
        }

        await Console.Out.WriteLineAsync($"fault {found.Fault} of key {key.Fingerprint}: {found.Detail}");
        await Console.Out.WriteLineAsync(dryRun
            ? $"call to {acts.Contracts.PythiaRegistry}: {Ethereum.Hex.Format(found.Call)}"
            : await acts.SendCallAsync($"The end of key {key.Fingerprint}", found.Call, stop));
        return SiloCommandLine.AllHolds;
    }

    private static Argument<string> AnswerFile(string name) => new(name) { Description = "File with the COSE_Sign1 bytes of an answer; - is standard input." };

    private static Option<string> RequestFile(string name) => new(name) { Description = "File with the CBOR bytes of the request that it answers.", Required = true, HelpName = "FILE" };

    private static Option<string?> Configuration() => new("--configuration")
    {
        Description = "The configuration of the key: 0x and hex, a file, or an address. Without it, this deployment's (registry configuration).",
        HelpName = "CONFIGURATION",
    };
}
