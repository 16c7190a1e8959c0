using System.Collections.Immutable;
using Pythia.Contracts.Registries;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Enclave.Verifier.Headers;
using Pythia.Ethereum;
using Request = Pythia.Enclave.Verifier.Answers.Request;

namespace Pythia.Silo.Commands.Faults;

/// <summary>What an answer is caught at, and the call that shows it to PythiaRegistry; or why it is no fault.</summary>
/// <param name="Fault">None: it is none.</param>
/// <param name="Detail">For people: what was said, what is true.</param>
/// <param name="Call">Call data for PythiaRegistry; empty for no fault.</param>
internal sealed record FoundFault(KeyFault Fault, string Detail, byte[] Call)
{
    public static FoundFault None(string why) => new(KeyFault.None, why, []);
}

/// <summary>Judges answers as PythiaRegistry would, before anybody pays for a transaction.</summary>
/// <param name="x">Of the key, and <paramref name="y"/>.</param>
internal sealed class FaultCheck(Hash32 x, Hash32 y)
{
    /// <summary>Two answers that can't both be true.</summary>
    public FoundFault Contradiction(ShownAnswer first, ShownAnswer second)
    {
        var (a, b) = (first.Body, second.Body);
        if (a.Hash != b.Hash) return FoundFault.None($"the answers name two blocks, {a.Hash} and {b.Hash}: both may be true");
        if (a.Block != b.Block || a.UnixSeconds != b.UnixSeconds)
        {
            return new FoundFault(
                KeyFault.Block,
                $"one block hash with number {a.Block} and time {a.UnixSeconds}, and with number {b.Block} and time {b.UnixSeconds}",
                EnclaveKeyCalls.ProveContradiction(x, y, first.Statement(0), second.Statement(0)));
        }

        if (first.Question.Device != second.Question.Device) return FoundFault.None($"the answers are about two devices, {first.Question.Device} and {second.Question.Device}");

        for (var i = 0; i < a.Results.Length; i++)
        {
            var other = second.Question.Facts.IndexOf(first.Question.Facts[i]);
            if (other < 0 || a.Results[i] == b.Results[other]) continue;

            return new FoundFault(
                KeyFault.Contradiction,
                $"{ShownAnswer.Show(first.Question.Facts[i])} is {a.Results[i]} and {b.Results[other]} under one block hash",
                EnclaveKeyCalls.ProveContradiction(x, y, first.Statement(i), second.Statement(other)));
        }

        return FoundFault.None("the answers agree in every fact that both were asked about");
    }

    /// <summary>A finalized answer of a block that the chain does not have.</summary>
    /// <param name="canonical">The chain's hash at that number, as far as nodes tell.</param>
    public FoundFault NotCanonical(ShownAnswer answer, Hash32 canonical, EnclaveConfiguration configuration)
    {
        var body = answer.Body;
        if (body.Level != Request.MaxLevel) return FoundFault.None($"the answer's level is {body.Level}: only {Request.MaxLevel}, finalized, promises that the chain keeps the block");
        return body.Hash == canonical
            ? FoundFault.None($"block {body.Block} is {canonical} on the chain too")
            : new FoundFault(
                KeyFault.NotCanonical,
                $"block {body.Block} is {canonical} on the chain, {body.Hash} was said to be final",
                EnclaveKeyCalls.ProveNotCanonical(x, y, answer.Statement(0), configuration.Encode()));
    }

    /// <summary>A header that has another number or time than the answer says of it; null where it has the same.</summary>
    public FoundFault? Header(ShownAnswer answer, BlockHeader header)
    {
        var body = answer.Body;
        if (header.Number == body.Block && header.UnixSeconds == body.UnixSeconds) return null;

        return new FoundFault(
            KeyFault.Block,
            $"number {header.Number} and time {header.UnixSeconds} in the header, number {body.Block} and time {body.UnixSeconds} in the answer",
            EnclaveKeyCalls.ProveAgainstStorage(x, y, answer.Statement(0), new StorageProof(default, header.Rlp, [])));
    }

    /// <summary>One of the answer's facts against the state under the block's own header; null where it is true.</summary>
    /// <exception cref="StartException">The proofs do not hold, or not for what is asked.</exception>
    public FoundFault? Storage(ShownAnswer answer, int fact, ProvenState state, BlockHeader header, EnclaveConfiguration configuration)
    {
        var (device, asked) = (answer.Question.Device, answer.Question.Facts[fact]);
        if (!state.Ask(device, asked).TryGet(out var proven, out var damage) || !state.Trace(device, asked).TryGet(out var paths, out damage))
            throw new StartException($"{ShownAnswer.Show(asked)} is not proven ({damage.Reason}): {damage.Detail}");

        if (proven.Result == answer.Body.Results[fact]) return null;

        ImmutableArray<AccountNodes> accounts = [.. paths.Select(path => new AccountNodes(path.Account, path.Slots))];
        return new FoundFault(
            KeyFault.Storage,
            $"{ShownAnswer.Show(asked)} is {proven.Result} by the block's own state, {answer.Body.Results[fact]} was said",
            EnclaveKeyCalls.ProveAgainstStorage(x, y, answer.Statement(fact), new StorageProof(configuration.Encode(), header.Rlp, accounts)));
    }
}
