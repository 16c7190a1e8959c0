using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Numerics;
using Pythia.Ethereum;

namespace Pythia.Contracts.Registries;

/// <summary>One endorser's signature over an act.</summary>
/// <param name="Endorser">The endorser's place in the set, from 0.</param>
/// <param name="Signature">65 bytes r ‖ s ‖ v, or what the endorser's contract takes.</param>
public sealed record Endorsement(byte Endorser, ImmutableArray<byte> Signature);

/// <summary>An act at PythiaRegistry that m of n endorsers sign, each by itself and offline; anybody may send it then.</summary>
/// <param name="Contract">PythiaRegistry.</param>
/// <param name="DeadlineUnixSeconds">Last second of block time at which it may be carried out.</param>
public abstract record EndorsedAct(Address Contract, ulong DeadlineUnixSeconds)
{
    private const int HeadBytes = 3;

    /// <summary>The EIP-712 struct's name.</summary>
    public string PrimaryType => Schema.PrimaryType;

    private protected abstract TypedDataSchema Schema { get; }

    /// <summary>The struct's fields without the deadline, which comes last.</summary>
    private protected abstract object?[] Fields { get; }

    private protected abstract string FunctionName { get; }

    /// <summary>The call's arguments before deadline and endorsements.</summary>
    private protected abstract object?[] Arguments { get; }

    /// <summary>The domain: name <c>Pythia PythiaRegistry</c>, version 1.</summary>
    public TypedDataDomain DomainOn(BigInteger chainId) => new("Pythia PythiaRegistry", "1", chainId, Contract);

    public TypedDataMessage ToTypedData(BigInteger chainId) => new(DomainOn(chainId), Schema, (ReadOnlySpan<object?>)[.. Fields, DeadlineUnixSeconds]);

    /// <summary>The 32 bytes that each endorser signs.</summary>
    public Hash32 Digest(BigInteger chainId) => ToTypedData(chainId).Digest;

    /// <summary>What a wallet signs, as <c>eth_signTypedData_v4</c> takes it.</summary>
    public string ToTypedDataJson(BigInteger chainId) => ToTypedData(chainId).ToJson();

    /// <summary>Call data for <see cref="Contract"/> that anybody may send.</summary>
    /// <param name="endorsements">In any order, one an endorser.</param>
    public byte[] EncodeCall(params IEnumerable<Endorsement> endorsements)
        => RegistryAbi.PythiaRegistry.Function(FunctionName).Encode([.. Arguments, DeadlineUnixSeconds, Pack(endorsements)]);

    // endorser 1 ‖ length 2 ‖ signature, ascending
    private static byte[] Pack(IEnumerable<Endorsement> endorsements)
    {
        var packed = new List<byte>();
        Span<byte> head = stackalloc byte[HeadBytes];
        foreach (var endorsement in endorsements.OrderBy(endorsement => endorsement.Endorser))
        {
            head[0] = endorsement.Endorser;
            BinaryPrimitives.WriteUInt16BigEndian(head[1..], checked((ushort)endorsement.Signature.Length));
            packed.AddRange(head);
            packed.AddRange(endorsement.Signature.AsSpan());
        }

        return [.. packed];
    }
}

/// <summary>Puts a measurement (MRENCLAVE) at the list's next place.</summary>
public sealed record EndorseMeasurementAct(Address Contract, ulong DeadlineUnixSeconds, Hash32 Measurement, uint Index) : EndorsedAct(Contract, DeadlineUnixSeconds)
{
    private static readonly TypedDataSchema Form = TypedDataSchema.Parse("EndorseMeasurement(bytes32 measurement,uint32 index,uint64 deadline)");

    private protected override TypedDataSchema Schema => Form;

    private protected override object?[] Fields => [Measurement, Index];

    private protected override string FunctionName => "endorseMeasurement";

    private protected override object?[] Arguments => Fields;
}

/// <summary>Ends a measurement, and all keys under its place.</summary>
public sealed record WithdrawMeasurementAct(Address Contract, ulong DeadlineUnixSeconds, Hash32 Measurement, uint Index) : EndorsedAct(Contract, DeadlineUnixSeconds)
{
    private static readonly TypedDataSchema Form = TypedDataSchema.Parse("WithdrawMeasurement(bytes32 measurement,uint32 index,uint64 deadline)");

    private protected override TypedDataSchema Schema => Form;

    private protected override object?[] Fields => [Measurement, Index];

    private protected override string FunctionName => "withdrawMeasurement";

    private protected override object?[] Arguments => [Index];
}

/// <summary>Puts a configuration hash at the list's next place.</summary>
public sealed record EndorseConfigurationAct(Address Contract, ulong DeadlineUnixSeconds, Hash32 Configuration, uint Index) : EndorsedAct(Contract, DeadlineUnixSeconds)
{
    private static readonly TypedDataSchema Form = TypedDataSchema.Parse("EndorseConfiguration(bytes32 configuration,uint32 index,uint64 deadline)");

    private protected override TypedDataSchema Schema => Form;

    private protected override object?[] Fields => [Configuration, Index];

    private protected override string FunctionName => "endorseConfiguration";

    private protected override object?[] Arguments => Fields;
}

/// <summary>Ends a configuration, and all keys under its place.</summary>
public sealed record WithdrawConfigurationAct(Address Contract, ulong DeadlineUnixSeconds, Hash32 Configuration, uint Index) : EndorsedAct(Contract, DeadlineUnixSeconds)
{
    private static readonly TypedDataSchema Form = TypedDataSchema.Parse("WithdrawConfiguration(bytes32 configuration,uint32 index,uint64 deadline)");

    private protected override TypedDataSchema Schema => Form;

    private protected override object?[] Fields => [Configuration, Index];

    private protected override string FunctionName => "withdrawConfiguration";

    private protected override object?[] Arguments => [Index];
}

/// <summary>Registers an enclave's key under an endorsed measurement and configuration.</summary>
/// <param name="Measurement">What stands at the registration's place: the endorsers sign the value.</param>
/// <param name="Configuration">Likewise.</param>
public sealed record RegisterKeyAct(Address Contract, ulong DeadlineUnixSeconds, KeyRegistration Registration, Hash32 Measurement, Hash32 Configuration)
    : EndorsedAct(Contract, DeadlineUnixSeconds)
{
    private static readonly TypedDataSchema Form = TypedDataSchema.Parse(
        "RegisterKey(bytes32 x,bytes32 y,bytes32 agreementKeyHash,bytes32 measurement,bytes32 configuration,bytes16 operator,uint40 notAfter,bytes32 evidence,uint64 deadline)");

    private protected override TypedDataSchema Schema => Form;

    private protected override object?[] Fields =>
    [
        Registration.X, Registration.Y, Registration.AgreementKeyHash, Measurement, Configuration, Registration.Operator.ToArray(), Registration.NotAfter,
        Registration.Evidence,
    ];

    private protected override string FunctionName => "registerKey";

    private protected override object?[] Arguments => [Registration.ToAbi()];
}

/// <summary>Ends a key for ever, whether or not it is registered.</summary>
public sealed record RevokeKeyAct(Address Contract, ulong DeadlineUnixSeconds, Hash32 KeyId) : EndorsedAct(Contract, DeadlineUnixSeconds)
{
    private static readonly TypedDataSchema Form = TypedDataSchema.Parse("RevokeKey(bytes32 keyId,uint64 deadline)");

    private protected override TypedDataSchema Schema => Form;

    private protected override object?[] Fields => [KeyId];

    private protected override string FunctionName => "revokeKey";

    private protected override object?[] Arguments => Fields;
}

/// <summary>Puts another set in the place of the endorsers.</summary>
/// <param name="Version">Of the set that is replaced.</param>
public sealed record ChangeEndorsersAct(Address Contract, ulong DeadlineUnixSeconds, RegistryEndorsers Endorsers, uint Version) : EndorsedAct(Contract, DeadlineUnixSeconds)
{
    private static readonly TypedDataSchema Form = TypedDataSchema.Parse("ChangeEndorsers(address[] endorsers,uint8 threshold,uint32 version,uint64 deadline)");

    private protected override TypedDataSchema Schema => Form;

    private protected override object?[] Fields => [Members, Endorsers.Threshold, Version];

    private protected override string FunctionName => "changeEndorsers";

    private protected override object?[] Arguments => [Members, Endorsers.Threshold];

    private object[] Members => [.. Endorsers.Members.Select(member => (object)member)];
}
