using System.Collections.Immutable;

namespace Pythia.Grains.Pythia;

/// <summary>Whether questions go to an enclave. The numbers travel: add at the end.</summary>
[GenerateSerializer]
public enum EnclaveState
{
    /// <summary>It answers, and its evidence is accepted where evidence is asked for.</summary>
    Healthy = 0,

    /// <summary>It can't answer at the moment.</summary>
    Silent = 1,

    /// <summary>It could answer, and no question goes to it: its evidence does not hold, or no longer, or the policy refuses it.</summary>
    Drained = 2,
}

/// <summary>What a silo says of an enclave beside it; what the directory says of it to others.</summary>
/// <param name="EnclaveId">Its stable name.</param>
/// <param name="State">Whether questions go to it.</param>
/// <param name="Attestation">What stands behind it: <c>unattested</c>, <c>simulated</c> or <c>gramine</c>.</param>
/// <param name="Reasons">Why it is not healthy; empty when it is.</param>
/// <param name="SinceUnixMs">Since when it is in this state, by the silo's clock.</param>
/// <param name="HoldsUntilUnixMs">When its evidence ends, unless it is renewed; 0: it has none that ends.</param>
/// <param name="NextReasons">Why it will be drained when its next keys sign; empty when it won't be, or has announced none.</param>
[GenerateSerializer, Immutable, Alias("pythia.EnclaveReport")]
public sealed record EnclaveReport(
    [property: Id(0)] string EnclaveId,
    [property: Id(1)] EnclaveState State,
    [property: Id(2)] string Attestation,
    [property: Id(3)] ImmutableArray<EnclaveReason> Reasons,
    [property: Id(4)] long SinceUnixMs,
    [property: Id(5)] long HoldsUntilUnixMs,
    [property: Id(6)] ImmutableArray<EnclaveReason> NextReasons);

/// <summary>One reason.</summary>
/// <param name="Name">Stable; for programs.</param>
/// <param name="Detail">What was found and what was expected; for operators.</param>
[GenerateSerializer, Immutable, Alias("pythia.EnclaveReason")]
public sealed record EnclaveReason([property: Id(0)] string Name, [property: Id(1)] string Detail);
