using Pythia.Contracts.JsonRpc;
using Pythia.Contracts.Registries;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Enclave.Verifier.Headers;
using Pythia.Enclave.Verifier.Json;
using Pythia.Ethereum;
using Request = Pythia.Enclave.Verifier.Answers.Request;

namespace Pythia.Silo.Commands.Faults;

/// <summary>The files of one answer on the command line.</summary>
/// <param name="Answer">COSE_Sign1.</param>
/// <param name="Request">CBOR of the request that it answers.</param>
internal sealed record AnswerFiles(string Answer, string Request);

/// <summary>Holds answers against a registered key: reads them, judges them here first, shows what was found and sends it.</summary>
/// <remarks>1. the key stands in the registry · 2. the answer is its own · 3. it can't be true · 4. the call.</remarks>
internal sealed class RegistryFault(RegistryActs acts, Es256Key key, string? configurationNamed)
{
    private readonly Hash32 _x = Hash32.FromSpan(key.PublicKey[..32]);
    private readonly Hash32 _y = Hash32.FromSpan(key.PublicKey[32..]);

    private FaultCheck Check => new(_x, _y);

    public async Task<FoundFault> ContradictionAsync(AnswerFiles first, AnswerFiles second, CancellationToken cancellationToken)
    {
        var registered = await RegisteredAsync(cancellationToken);
        return Check.Contradiction(await ReadAsync(first, registered, cancellationToken), await ReadAsync(second, registered, cancellationToken));
    }

    public async Task<FoundFault> NotCanonicalAsync(AnswerFiles files, CancellationToken cancellationToken)
    {
        var registered = await RegisteredAsync(cancellationToken);
        var answer = await ReadAsync(files, registered, cancellationToken);
        var configuration = await ConfigurationAsync(registered, cancellationToken);
        var block = await acts.Rpc.BlockAsync(BlockTag.Number(answer.Body.Block), cancellationToken);
        return block is null
            ? FoundFault.None($"block {answer.Body.Block}: the nodes of Chain:Rpc know no such block yet")
            : Check.NotCanonical(answer, block.Hash, configuration);
    }

    /// <param name="proofFile">A raw proof, <c>{"header":…,"proofs":[…]}</c>; null: from the nodes of <c>Chain:Rpc</c>.</param>
    public async Task<FoundFault> StorageAsync(AnswerFiles files, string? proofFile, CancellationToken cancellationToken)
    {
        var registered = await RegisteredAsync(cancellationToken);
        var answer = await ReadAsync(files, registered, cancellationToken);
        var raw = proofFile is null ? null : await ReadProofAsync(proofFile, cancellationToken);
        var header = raw is null ? await Nodes.HeaderAsync(answer.Body.Hash, cancellationToken) : Open(raw, answer.Body.Hash);
        if (Check.Header(answer, header) is { } otherBlock) return otherBlock;

        var configuration = await ConfigurationAsync(registered, cancellationToken);
        for (var i = 0; i < answer.Question.Facts.Length; i++)
        {
            var (device, fact) = (answer.Question.Device, answer.Question.Facts[i]);
            var proofs = raw?.Proofs ?? await Nodes.FetchAsync(header, configuration, device, fact, cancellationToken);
            if (Check.Storage(answer, i, new ProvenState(header, configuration.Contracts, proofs), header, configuration) is { } fault) return fault;
        }

        return FoundFault.None("every fact is what the block's own state says");
    }

    private NodeProofs Nodes => new(acts.Rpc);

    // 1. Ended by date, by itself or by endorsers, a key can still be shown to have lied.
    private async Task<Hash32> RegisteredAsync(CancellationToken cancellationToken)
    {
        var found = await acts.Reader.KeyAsync(key.Fingerprint, cancellationToken: cancellationToken);
        if (found.Status is EnclaveKeyStatus.Faulted) throw new StartException($"key {key.Fingerprint} is Faulted already");
        if (found.Measurement == 0) throw new StartException($"key {key.Fingerprint} is {found.Status} and was never registered: no fault can end it");

        var registered = await acts.Reader.ConfigurationAtAsync(found.Configuration, cancellationToken: cancellationToken);
        return registered.IsZero
            ? throw new StartException($"the configuration of key {key.Fingerprint} was withdrawn, and the key with it")
            : registered;
    }

    // 2.
    private async Task<ShownAnswer> ReadAsync(AnswerFiles files, Hash32 registered, CancellationToken cancellationToken)
    {
        var answer = await VerifyCommand.ReadAsync(files.Answer, cancellationToken) ?? throw Unread(files.Answer);
        var request = await VerifyCommand.ReadAsync(files.Request, cancellationToken) ?? throw Unread(files.Request);
        var shown = ShownAnswer.Read(answer, request, key, registered);
        foreach (var line in shown.Describe()) await Console.Out.WriteLineAsync(line);
        return shown;
    }

    private async Task<EnclaveConfiguration> ConfigurationAsync(Hash32 registered, CancellationToken cancellationToken)
    {
        var candidates = configurationNamed is null
            ? Enumerable.Range(0, Request.MaxLevel + 1).Select(level => RegistryConfiguration.Of(acts.Contracts, (byte)level))
            : [await RegistryConfiguration.ReadAsync(configurationNamed, cancellationToken)];
        var found = candidates.FirstOrDefault(candidate => candidate.ComputeHash().AsSpan().SequenceEqual(registered.ToArray()))
            ?? throw new StartException($"configuration {registered} of the key is {(configurationNamed is null ? "none of this deployment's: --configuration" : "another than")} {configurationNamed ?? "is needed"}");
        return RegistryConfiguration.FindProblem(found, acts.Contracts) is { } problem
            ? throw new StartException($"the key's configuration is not of this deployment, so its answers can't be held to it: {problem}")
            : found;
    }

    private static async Task<RawProof> ReadProofAsync(string file, CancellationToken cancellationToken)
    {
        var bytes = await VerifyCommand.ReadAsync(file, cancellationToken) ?? throw Unread(file);
        return RawProof.Read(bytes).TryGet(out var raw, out var damage) ? raw : throw new StartException($"{file} ({damage.Reason}): {damage.Detail}", SiloCommandLine.WrongInput);
    }

    private static BlockHeader Open(RawProof raw, Hash32 hash)
        => BlockHeader.Check(raw.HeaderRlp.Span, hash).TryGet(out var header, out var damage) ? header : throw new StartException($"the proof's header ({damage.Reason}): {damage.Detail}");

    private static StartException Unread(string file) => new($"{file}: nothing read", SiloCommandLine.WrongInput);
}
