using System.Collections.Immutable;
using System.Numerics;
using Pythia.Contracts.Registries;
using Pythia.Ethereum;

namespace Pythia.Contracts.Tests.Registries;

/// <summary>One act of each kind, with every field different from every other.</summary>
internal static class Samples
{
    public static ActHeader Header { get; } = new(
        Account(1), Account(2), KeyedNonce.Of(BigInteger.Pow(2, 150) + 7, 3), 1_900_000_000);

    public static ImmutableArray<SignedAct> Acts { get; } =
    [
        new RegisterBatchAct(Header, Word(10), 1000, "https://example.org/ä"),
        new ClaimAct(Header, new ClaimEvidence(
            Account(3), Word(11), Word(12), Account(4), Word(13), Word(14), [Word(15), Word(16)], [.. new byte[65]], Word(17), Word(18))),
        new TransferAct(Header, Word(19), Account(5), (1UL << 40) - 1, 4),
        new FreezeAct(Header, Word(20)),
        new UnfreezeAct(Header, Word(21), (1UL << 40) - 2, 5),
        new RetireAct(Header, Word(22), 6),
        new EndConsentsAct(Header, Word(23)),
        new RotateKeyAct(Header, Word(24), new KeyRotation(
            Account(6), Word(25), Word(26), Word(27), Word(28), Word(29), Word(30), Word(31), Word(32))),
        new SetRecoveryAct(Header, Account(7), 86_400, 7),
        new StartRecoveryAct(Header, Account(8), Account(9), 8),
        new CancelRecoveryAct(Header),
        new GrantAct(
            Header,
            new ConsentTerms(Word(33), Account(10), Word(34), ConsentKind.Command, 1_800_000_000, ConsentTerms.NoEnd, BigInteger.Pow(2, 96) - 1, Word(35)),
            new GrantEpochs(ulong.MaxValue, 9, uint.MaxValue)),
        new AcceptAct(Header, Word(36), 10, Word(37), Word(38)),
        new RevokeAct(Header, Word(39), Account(11), Word(40)),
        new RevokeGranteeAct(Header, Account(12)),
        new RevokeAllAct(Header, 100),
        new WithdrawAct(Header, Account(13), BigInteger.Pow(2, 256) - 1),
        new PublishAct(Header, [1, 2, 3]),
        new DeprecateAct(Header, Word(41)),
    ];

    public static TheoryData<string> ActNames { get; } = [.. Acts.Select(a => a.PrimaryType)];

    public static SignedAct Act(string name) => Acts.Single(a => a.PrimaryType == name);

    public static Address Account(byte fill) => Address.FromSpan(Enumerable.Repeat(fill, Address.Size).ToArray());

    public static Hash32 Word(byte fill) => Hash32.FromSpan(Enumerable.Repeat(fill, Hash32.Size).ToArray());
}
