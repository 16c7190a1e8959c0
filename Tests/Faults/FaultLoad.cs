using System.Collections.Immutable;
using System.Text;
using Pythia.Contracts.DevChain;
using Pythia.Contracts.Keys;
using Pythia.Contracts.Registries;
using Pythia.Ethereum;
using Pythia.Grains.Mirror;
using Pythia.Tests.DevChain;

namespace Pythia.Faults;

/// <summary>An intent that is signed and waits to be handed over.</summary>
/// <param name="IsEffect">The event that it asks for.</param>
public sealed record PreparedIntent(SignedAct Act, Hash32 Digest, SubjectKind Kind, string Subject, string Json, byte[] Signature, Func<RegistryEvent, bool> IsEffect)
{
    public string ToCommand() => $"submit {Digest} {Kind} {Subject} {Convert.ToBase64String(Encoding.UTF8.GetBytes(Json))} {Convert.ToBase64String(Signature)}";
}

/// <summary>Intents of several owners and kinds; some contradict each other, so that the contract refuses one of the two, and some may come
/// too late.</summary>
public sealed class FaultLoad
{
    private const ulong LongUntilDeadline = 3_600;
    private const ulong ShortUntilDeadline = 3;

    private readonly FaultChain _chain;
    private readonly string _name;
    private readonly EthereumKey _maker;
    private readonly ImmutableArray<EthereumKey> _owners;
    private readonly Dictionary<Address, TestDevice> _devices = [];
    private ulong _nonces;
    private int _waves;

    private FaultLoad(FaultChain chain, string name)
    {
        (_chain, _name) = (chain, name);
        _maker = AnvilRpc.KeyOf($"{name}/maker");
        _owners = [.. Enumerable.Range(0, 3).Select(i => AnvilRpc.KeyOf($"{name}/owner {i}"))];
    }

    /// <summary>Owners with a device each, claimed by their own transactions.</summary>
    public static async Task<FaultLoad> PrepareAsync(FaultChain chain, string name)
    {
        var load = new FaultLoad(chain, name);
        var devices = load._owners.Select(_ => new TestDevice(load._maker.Address)).ToArray();
        var batch = await chain.RegisterAsync(load._maker, devices.Length + 1, devices);
        await Task.WhenAll(load._owners.Zip(devices, async (owner, device) =>
        {
            var act = new ClaimAct(
                await chain.HeaderAsync(RegistryKind.DeviceRegistry, owner.Address), device.Evidence(batch, chain.ChainId, chain.Deployment.DeviceRegistry, owner.Address));
            var receipt = await (await chain.SenderAsync(owner)).SendAsync(act.Contract, act.EncodeDirectCall());
            Assert.True(receipt.Succeeded);
        }));
        foreach (var (owner, device) in load._owners.Zip(devices))
        {
            load._devices[owner.Address] = device;
        }

        return load;
    }

    /// <summary>So many intents, all different from those before.</summary>
    public async Task<ImmutableArray<PreparedIntent>> NextAsync(int count)
    {
        var now = await _chain.NowAsync();
        var wave = ++_waves;
        return [.. Enumerable.Range(0, count).Select(i => (i % 10) switch
        {
            0 or 1 or 2 => Grant(_owners[i % 3], $"{_name} {wave} {i}", now),
            3 => Register($"{_name} {wave} {i}", now),
            4 => Publish(_owners[0], $"{_name} {wave} contested {i - 4}", now + LongUntilDeadline),
            5 => Publish(_owners[1], $"{_name} {wave} contested {i - 5}", now + LongUntilDeadline),
            6 => Publish(_owners[2], $"{_name} {wave} late {i}", now + ShortUntilDeadline),
            _ => Publish(_owners[i % 3], $"{_name} {wave} {i}", now + LongUntilDeadline),
        })];
    }

    private PreparedIntent Grant(EthereumKey owner, string scope, ulong now)
    {
        var terms = new ConsentTerms(
            _devices[owner.Address].Id, AnvilRpc.KeyOf("grantee").Address, RegistryIds.Scope(scope), ConsentKind.Command, 0, now + LongUntilDeadline, 0, default);
        var act = new GrantAct(Header(RegistryKind.ConsentRegistry, owner, now + LongUntilDeadline), terms, new GrantEpochs(0, 1, 0));
        return Prepare(act, owner, SubjectKind.Consent, act.ConsentId, e => e is ConsentGranted granted && granted.ConsentId == act.ConsentId);
    }

    private PreparedIntent Register(string text, ulong now)
    {
        var root = Keccak256.HashData(Encoding.UTF8.GetBytes(text));
        var act = new RegisterBatchAct(Header(RegistryKind.DeviceRegistry, _maker, now + LongUntilDeadline), root, 10, "https://maker.example/batch");
        return Prepare(act, _maker, SubjectKind.Manufacturer, _maker.Address, e => e is BatchRegistered batch && batch.Root == root);
    }

    private PreparedIntent Publish(EthereumKey publisher, string text, ulong deadline)
    {
        var act = new PublishAct(Header(RegistryKind.PolicyRegistry, publisher, deadline), [.. Encoding.UTF8.GetBytes(text)]);
        return Prepare(
            act, publisher, SubjectKind.Policy, act.PolicyId, e => e is PolicyPublished policy && policy.PolicyId == act.PolicyId && policy.Publisher == publisher.Address);
    }

    private PreparedIntent Prepare(SignedAct act, EthereumKey key, SubjectKind kind, object subject, Func<RegistryEvent, bool> isEffect)
    {
        var digest = act.Digest(_chain.ChainId);
        return new(act, digest, kind, subject.ToString()!, SignedActJson.Format(act), key.Sign(digest).ToArray(), isEffect);
    }

    private ActHeader Header(RegistryKind registry, EthereumKey signer, ulong deadline)
        => new(_chain.Deployment.AddressOf($"{registry}"), signer.Address, KeyedNonce.Of(++_nonces, 0), deadline);
}
