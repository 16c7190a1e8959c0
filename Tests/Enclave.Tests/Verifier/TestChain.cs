using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Enclave.Verifier.Headers;
using Pythia.Ethereum;

namespace Pythia.Enclave.Tests.Proofs;

/// <summary>A state of the four registries that is known word by word, with headers and proofs as a node would give them. Words and slots
/// are made here as the contracts' comments have them, not by the code under test.</summary>
internal sealed class TestChain
{
    public const ulong Now = 1_800_000_000;

    public static readonly Hash32 Device = Keccak256.HashData("device"u8);
    public static readonly Address Owner = Address.Parse("0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    public static readonly Address Grantee = Address.Parse("0xbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb");
    public static readonly Hash32 Scope = Keccak256.HashData("lock:open"u8);
    public static readonly Hash32 Policy = Keccak256.HashData("policy"u8);

    private readonly Dictionary<SlotRequest, Hash32> _words = [];

    public static ConfiguredContract[] Configured { get; } =
        [.. Enum.GetValues<ContractRole>().Select(role => new ConfiguredContract(role.ToString(), AddressOf(role), Keccak256.HashData(Encoding.UTF8.GetBytes(role.ToString()))))];

    public static Address AddressOf(ContractRole role) => Address.FromSpan(Enumerable.Repeat((byte)role, 20).ToArray());

    public Hash32 this[SlotRequest request]
    {
        get => _words.GetValueOrDefault(request);
        set => _words[request] = value;
    }

    public static SlotRequest DeviceSlot(Hash32 device) => new(ContractRole.DeviceRegistry, Mapping(device.ToArray(), 10));

    public static SlotRequest ConsentSlot(int epoch, int word = 0) => new(ContractRole.ConsentRegistry, Plus(Mapping(ConsentId(epoch).ToArray(), 4), word));

    public static SlotRequest FloorSlot(Address owner, Address grantee)
        => new(ContractRole.ConsentRegistry, Mapping(grantee.ToWord().ToArray(), new BigInteger(Mapping(owner.ToWord().ToArray(), 5).ToArray(), isUnsigned: true, isBigEndian: true)));

    public static SlotRequest PolicySlot(Hash32 policy) => new(ContractRole.PolicyRegistry, Mapping(policy.ToArray(), 4));

    /// <summary>owner 20 bytes from the low end | status 8 bits | epoch 40 | security counter 48.</summary>
    public TestChain WithDevice(int status = 1, int epoch = 3, ulong securityCounter = 9, Address? owner = null)
    {
        var word = Number((owner ?? Owner).ToWord()) | ((BigInteger)status << 160) | ((BigInteger)epoch << 168) | ((BigInteger)securityCounter << 208);
        this[DeviceSlot(Device)] = Word(word);
        return this;
    }

    /// <summary>status 8 bits from the low end | kind 8 | not before 40 | not after 40 | grant epoch 64 | bond 96; then the policy.</summary>
    public TestChain WithConsent(int status = 2, int kind = 2, ulong notBefore = Now - 10, ulong notAfter = Now + 10, ulong grantEpoch = 5, int epoch = 3)
    {
        var word = status | ((BigInteger)kind << 8) | ((BigInteger)notBefore << 16) | ((BigInteger)notAfter << 56) | ((BigInteger)grantEpoch << 96) | (BigInteger.One << 160);
        this[ConsentSlot(epoch)] = Word(word);
        this[ConsentSlot(epoch, 1)] = Policy;
        return this;
    }

    /// <summary>floor 64 bits from the low end | next 160 | listed 8.</summary>
    public TestChain WithFloor(ulong floor, Address? owner = null, Address? grantee = null)
    {
        this[FloorSlot(owner ?? Owner, grantee ?? Grantee)] = Word(floor | (Number(Grantee.ToWord()) << 64) | (BigInteger.One << 224));
        return this;
    }

    /// <summary>status 8 bits from the low end | publisher 160 | published at 64.</summary>
    public TestChain WithPolicy(int status)
    {
        this[PolicySlot(Policy)] = Word(status | (Number(Owner.ToWord()) << 8) | ((BigInteger)Now << 168));
        return this;
    }

    /// <summary>status 8 bits from the low end | not after 40 | measurement 32 | configuration 32 | operator 128; the words of both lists.</summary>
    public TestChain WithKey(int status, ulong notAfter = Now + 10, bool measurement = true, bool configuration = true)
    {
        this[KeySlot(3, Scope.ToArray())] = Word(status | ((BigInteger)notAfter << 8) | ((BigInteger)7 << 48) | ((BigInteger)8 << 80) | (Number(Policy) >> 128 << 112));
        this[KeySlot(4, Word(7).ToArray())] = measurement ? Device : Hash32.Zero;
        this[KeySlot(5, Word(8).ToArray())] = configuration ? Policy : Hash32.Zero;
        return this;
    }

    private static SlotRequest KeySlot(int mapping, byte[] key) => new(ContractRole.PythiaRegistry, Mapping(key, mapping));

    /// <summary>The fact's result with the words of this chain, driven as a host does it.</summary>
    public FactResult Answer(Fact fact, ulong unixSeconds = Now)
    {
        var plan = FactPlan.Start(Device, fact, unixSeconds);
        while (!plan.IsDone) plan = plan.Supply([.. plan.Needs.Select(need => this[need])]);
        return plan.Result;
    }

    public BlockHeader Header()
    {
        var rlp = HeaderRlp();
        return BlockHeader.Check(rlp, Keccak256.HashData(rlp)).Value!;
    }

    /// <summary>A London header over the state.</summary>
    public byte[] HeaderRlp()
    {
        byte[] zero32 = [0xa0, .. new byte[32]];
        byte[][] items =
        [
            zero32, zero32, [0x94, .. new byte[20]], [0xa0, .. State().Root.ToArray()], zero32, zero32, Rlp.EncodeBytes(new byte[256]), [0x80],
            Rlp.EncodeUInt64(77), Rlp.EncodeUInt64(30_000_000), [0x80], Rlp.EncodeUInt64(Now), [0x80], zero32, Rlp.EncodeBytes(new byte[8]), [0x07],
        ];
        return Rlp.EncodeList(items);
    }

    /// <summary>What <c>eth_getProof</c> returns for a contract.</summary>
    public JsonObject Proof(ContractRole role, params Hash32[] slots)
    {
        var storage = Storage(role);
        return new JsonObject
        {
            ["address"] = AddressOf(role).ToString(),
            ["accountProof"] = Nodes(State(), AddressOf(role).ToArray()),
            ["balance"] = "0x0",
            ["codeHash"] = Configured[(int)role - 1].CodeHash.ToString(),
            ["nonce"] = "0x1",
            ["storageHash"] = storage.Root.ToString(),
            ["storageProof"] = new JsonArray([.. slots.Select(slot => new JsonObject
            {
                ["key"] = slot.ToString(),
                ["value"] = this[new SlotRequest(role, slot)] is { IsZero: false } word ? $"0x{Number(word).ToString("x", CultureInfo.InvariantCulture).TrimStart('0')}" : "0x0",
                ["proof"] = Nodes(storage, slot.ToArray()),
            })]),
        };
    }

    /// <summary>The raw proof behind a fact: header and all slots that it needs.</summary>
    public JsonObject RawProof(Fact fact)
    {
        var asked = new List<SlotRequest>();
        var plan = FactPlan.Start(Device, fact, Now);
        while (!plan.IsDone)
        {
            asked.AddRange(plan.Needs);
            plan = plan.Supply([.. plan.Needs.Select(need => this[need])]);
        }

        var proofs = asked.GroupBy(each => each.Contract).Select(group => (JsonNode)Proof(group.Key, [.. group.Select(each => each.Slot)]));
        return new JsonObject { ["header"] = Hex.Format(HeaderRlp()), ["proofs"] = new JsonArray([.. proofs]) };
    }

    public static byte[] Utf8(JsonNode node) => JsonSerializer.SerializeToUtf8Bytes(node);

    private static Hash32 ConsentId(int epoch)
        => Keccak256.HashData([.. Device.ToArray(), .. Word(epoch).ToArray(), .. Grantee.ToWord().ToArray(), .. Scope.ToArray()]);

    private static Hash32 Mapping(byte[] key, BigInteger slot) => Keccak256.HashData([.. key, .. Word(slot).ToArray()]);

    private static Hash32 Plus(Hash32 slot, int words) => Word(Number(slot) + words);

    private static BigInteger Number(Hash32 word) => new(word.ToArray(), isUnsigned: true, isBigEndian: true);

    private static Hash32 Word(BigInteger number)
    {
        var bytes = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        return Hash32.FromSpan([.. new byte[32 - bytes.Length], .. bytes]);
    }

    private TestTrie State()
    {
        var state = new TestTrie();
        foreach (var role in Enum.GetValues<ContractRole>())
        {
            byte[][] account = [[0x01], [0x80], [0xa0, .. Storage(role).Root.ToArray()], [0xa0, .. Configured[(int)role - 1].CodeHash.ToArray()]];
            state[AddressOf(role).ToArray()] = Rlp.EncodeList(account);
        }

        for (var i = 0; i < 40; i++) state[Keccak256.HashData([(byte)i]).ToArray().AsSpan(0, 20)] = Keccak256.HashData([(byte)i, 1]).ToArray();
        return state;
    }

    private TestTrie Storage(ContractRole role)
    {
        var storage = new TestTrie();
        for (var i = 0; i < 40; i++) storage[Keccak256.HashData([(byte)role, (byte)i]).ToArray()] = [(byte)(i + 1)];
        foreach (var (request, word) in _words.Where(entry => entry.Key.Contract == role && !entry.Value.IsZero))
            storage[request.Slot.ToArray()] = Rlp.EncodeBytes(Number(word).ToByteArray(isUnsigned: true, isBigEndian: true));

        return storage;
    }

    private static JsonArray Nodes(TestTrie trie, byte[] key) => new([.. trie.Prove(key).Select(node => (JsonNode)Hex.Format(node))]);
}
