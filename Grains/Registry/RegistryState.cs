using System.Collections.Immutable;
using Pythia.Grains.Subjects;

namespace Pythia.Grains.Registry;

/// <summary>What endorsers stand for, as it is stored.</summary>
[GenerateSerializer, Immutable, Alias("pythia.PythiaRegistryState")]
public sealed record PythiaRegistryState : MirroredState<PythiaRegistryRecord>;

/// <summary>What the chain says of measurements, configurations and endorsers. A release brings a place or two, so the lists stay short.</summary>
[GenerateSerializer, Immutable, Alias("pythia.PythiaRegistryRecord")]
public sealed record PythiaRegistryRecord : MirroredRecord
{
    /// <summary>By place: the first has index 1.</summary>
    [Id(0)] public ImmutableArray<EndorsedValue> Measurements { get; init; } = [];

    /// <summary>By place: the first has index 1.</summary>
    [Id(1)] public ImmutableArray<EndorsedValue> Configurations { get; init; } = [];

    [Id(2)] public ImmutableArray<string> Endorsers { get; init; } = [];

    [Id(3)] public int Threshold { get; init; }

    [Id(4)] public uint EndorsersVersion { get; init; }
}

/// <summary>An enclave's key as it is stored.</summary>
[GenerateSerializer, Immutable, Alias("pythia.EnclaveKeyState")]
public sealed record EnclaveKeyState : MirroredState<EnclaveKeyRecord>
{
    /// <summary>x ‖ y ‖ r ‖ s, 0x and 256 hex digits: no part of the record, since no block says it and none takes it back.</summary>
    [Id(0)] public string? OwnRevocation { get; init; }
}

/// <summary>What the chain says of an enclave's key.</summary>
[GenerateSerializer, Immutable, Alias("pythia.EnclaveKeyRecord")]
public sealed record EnclaveKeyRecord : MirroredRecord
{
    /// <summary>Unknown, active, revoked or faulted: the rest follows from the lists and the time.</summary>
    [Id(0)] public EnclaveKeyStatus Status { get; init; }

    [Id(1)] public string? SigningKey { get; init; }

    [Id(2)] public string? AgreementKeyHash { get; init; }

    [Id(3)] public ulong NotAfterUnixSeconds { get; init; }

    /// <summary>Place in the list of measurements; 0 if it was never registered.</summary>
    [Id(4)] public uint Measurement { get; init; }

    [Id(5)] public uint Configuration { get; init; }

    [Id(6)] public string? Operator { get; init; }

    [Id(7)] public string? Evidence { get; init; }

    [Id(8)] public string EndedBy { get; init; } = "";
}
