using System.Diagnostics;
using System.Text.Json.Nodes;
using Pythia.Contracts.JsonRpc;
using Pythia.Contracts.Keys;
using Pythia.Contracts.Registries;
using Pythia.Ethereum;
using Pythia.Silo.Hosting;

namespace Pythia.Silo.Demo;

/// <summary>Somebody who acts: a name for the lines and a key of its own, fresh for each life.</summary>
internal sealed record Party(string Name, EthereumKey Key) : IDisposable
{
    public Address Address => Key.Address;

    public static Party Create(string name) => new(name, EthereumKey.Create());

    public void Dispose() => Key.Dispose();

    public override string ToString() => Name;
}

/// <summary>What every chapter of the life needs: the way up through REST, the chain to look at, and the report.</summary>
internal sealed class LifeStage(RestClient rest, ChainAccess chain, DemoReport report, TimeProvider time)
{
    public RestClient Rest => rest;

    public ChainAccess Chain => chain;

    public DemoReport Report => report;

    public TimeProvider Time => time;

    public ulong Now => (ulong)time.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>The real way of an act: prepare, sign, submit, follow until it is mined; a line when it is.</summary>
    public async Task<MinedAct> ActAsync(Party who, string what, string act, JsonObject fields, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var digest = await SubmitAsync(who, what, act, fields, cancellationToken);
        var mined = await FollowAsync(what, digest, cancellationToken);
        report.Acted(who.Name, what, mined, Stopwatch.GetElapsedTime(started));
        return mined;
    }

    /// <summary>Prepare, sign, submit; the digest to follow.</summary>
    public async Task<string> SubmitAsync(Party who, string what, string act, JsonObject fields, CancellationToken cancellationToken)
    {
        var reply = await TryAsync(who, act, fields, cancellationToken);
        return (int)reply.Status is 202 or 200
            ? (string)reply.Json["digest"]!
            : throw new UnexpectedException($"{who.Name} {what}", $"{(int)reply.Status} {reply.Reason}: {reply.Detail}", "202 Accepted");
    }

    /// <summary>Waits until the act stands in verified receipts, and looks up what it cost.</summary>
    public async Task<MinedAct> FollowAsync(string what, string digest, CancellationToken cancellationToken)
    {
        var view = await rest.FollowAsync(digest, cancellationToken);
        if ((string?)view["stage"] == "failed") throw new UnexpectedException(what, $"failed: {(string?)view["reason"]}", "mined");

        var position = view["position"]!;
        var hash = (string)position["transactionHash"]!;
        var receipt = await chain.Rpc.ReceiptAsync(Hash32.Parse(hash), cancellationToken)
            ?? throw new UnexpectedException(what, $"no receipt of {hash}", "one");
        return new(hash, (ulong)position["block"]!, receipt.GasUsed);
    }

    /// <summary>The same way for what must not succeed: the gateway's grain refuses it by name.</summary>
    public async Task RefusedAsync(Party who, string what, string act, JsonObject fields, string[] expected, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var reply = await TryAsync(who, act, fields, cancellationToken);
        if (!expected.Contains(reply.Reason, StringComparer.Ordinal))
            throw new UnexpectedException($"{who.Name} {what}", $"{(int)reply.Status} {reply.Reason}: {reply.Detail}", $"refusal as {string.Join(" or ", expected)}");

        report.Refused(who.Name, what, "grain", $"{reply.Reason} ({reply.Detail})", Stopwatch.GetElapsedTime(started));
    }

    /// <summary>The same without us: the contract itself is called by that account and must revert with this error.</summary>
    public async Task RevertedAsync(Party who, string what, SignedAct act, string expected, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var call = new RpcCall { From = who.Address, To = act.Contract, Data = act.EncodeDirectCall() };
        try
        {
            await chain.Rpc.CallContractAsync(call, BlockTag.Latest, cancellationToken);
        }
        catch (RpcException e)
        {
            var found = RegistryErrors.NameOf(e.RevertData()) ?? e.NodeMessage;
            if (found != expected) throw new UnexpectedException($"{who.Name} {what}", found, expected);

            report.Refused(who.Name, what, "contract", RegistryErrors.Describe(e.RevertData()), Stopwatch.GetElapsedTime(started));
            return;
        }

        throw new UnexpectedException($"{who.Name} {what}", "the contract let it pass", expected);
    }

    /// <summary>An act's own fields as REST takes them: without what the gateway fills in.</summary>
    public static JsonObject FieldsOf(SignedAct act)
    {
        var json = (JsonObject)JsonNode.Parse(SignedActJson.Format(act))!;
        foreach (var name in new[] { "act", "contract", "nonce", "deadline" }) json.Remove(name);
        return json;
    }

    private async Task<RestReply> TryAsync(Party who, string act, JsonObject fields, CancellationToken cancellationToken)
    {
        var signed = (JsonObject)fields.DeepClone();
        signed["signer"] = who.Address.ToString();
        var prepared = await rest.PrepareAsync(act, signed, cancellationToken);
        return await rest.SubmitAsync(prepared, RestClient.Sign(prepared, who.Key), cancellationToken);
    }
}
