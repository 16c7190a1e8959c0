using Pythia.Contracts.DevChain;
using Pythia.Contracts.Registries;
using Pythia.Ethereum;
using Pythia.Tests.DevChain;
using Shouldly;

namespace Pythia.Contracts.Tests.Registries;

/// <summary>Acts of endorsers: their typed data held against Foundry's cast, their calls against the compiled interface, their signatures packed.</summary>
public sealed class EndorsedActTests
{
    private const ulong ChainId = 31337;

    private static readonly Address Registry = Samples.Account(9);
    private static readonly KeyRegistration Registration = new(
        Samples.Word(1), Samples.Word(2), Samples.Word(3), 4, 5, KeyRegistration.OperatorOf("one"), 1_800_000_000, Samples.Word(6));

    private static EndorsedAct[] Acts =>
    [
        new EndorseMeasurementAct(Registry, 1_799_999_999, Samples.Word(7), 3),
        new WithdrawMeasurementAct(Registry, 1_799_999_999, Samples.Word(7), 3),
        new EndorseConfigurationAct(Registry, 1_799_999_999, Samples.Word(7), 3),
        new WithdrawConfigurationAct(Registry, 1_799_999_999, Samples.Word(7), 3),
        new RegisterKeyAct(Registry, 1_799_999_999, Registration, Samples.Word(7), Samples.Word(8)),
        new RevokeKeyAct(Registry, 1_799_999_999, Samples.Word(7)),
        new ChangeEndorsersAct(Registry, 1_799_999_999, RegistryEndorsers.Of([Samples.Account(1), Samples.Account(2)], 2), 4),
    ];

    public static TheoryData<string> Names => [.. Acts.Select(act => act.PrimaryType)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task ToTypedDataJson_SignedByCast_RecoversOverOurDigest(string name)
    {
        var act = Acts.Single(each => each.PrimaryType == name);
        var contracts = ContractsFolder.Find();
        await NodeModules.EnsureAsync(contracts, TimeProvider.System);
        using var key = AnvilRpc.KeyOf("wallet");
        var privateKey = new byte[32];
        key.ExportPrivateKey(privateKey);

        var signature = Hex.Parse(await Cast.RunAsync(
            contracts, "wallet", "sign", "--private-key", Hex.Format(privateKey), "--data", act.ToTypedDataJson(ChainId)));
        EcdsaSignature.Recover(act.Digest(ChainId), signature, out var signer).ShouldBe(SignatureFault.None);
        signer.ShouldBe(key.Address);
    }

    [Fact]
    public void EncodeCall_AllActs_AreTheContractsFunctions()
        => Acts.Select(act => Hex.Format(act.EncodeCall().AsSpan(0, 4))).ShouldBe(
            new[] { "endorseMeasurement", "withdrawMeasurement", "endorseConfiguration", "withdrawConfiguration", "registerKey", "revokeKey", "changeEndorsers" }
                .Select(name => Hex.Format(RegistryAbi.PythiaRegistry.Function(name).Selector)));

    [Fact]
    public void EncodeCall_Endorsements_AscendWithTheirLengths()
    {
        var call = Acts[5].EncodeCall(new Endorsement(4, [0xaa, 0xbb]), new Endorsement(1, [0xcc]));
        Hex.Format(call).ShouldEndWith("010001cc040002aabb".PadRight(64, '0'));
    }

    [Fact]
    public void Of_SetsThatTheContractRefuses_AreRefused()
    {
        Should.Throw<ArgumentException>(() => RegistryEndorsers.Of([], 1));
        Should.Throw<ArgumentException>(() => RegistryEndorsers.Of([Samples.Account(1), Samples.Account(1)], 1));
        Should.Throw<ArgumentException>(() => RegistryEndorsers.Of([Address.Zero], 1));
        Should.Throw<ArgumentException>(() => RegistryEndorsers.Of([Samples.Account(1)], 2));
        Should.Throw<ArgumentException>(() => RegistryEndorsers.Of([Samples.Account(1)], 0));
        RegistryEndorsers.Of([Samples.Account(2), Samples.Account(1)], 1).Members.ShouldBe([Samples.Account(1), Samples.Account(2)]);
    }
}
