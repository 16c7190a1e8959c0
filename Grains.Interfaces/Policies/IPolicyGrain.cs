using System.Collections.Immutable;
using Orleans.Concurrency;
using Pythia.Grains.Ledgers;
using Pythia.Grains.Mirror;

namespace Pythia.Grains.Policies;

/// <summary>One policy. The key is {chain id}/{policy id}: keccak256 of the exact published bytes.</summary>
/// <remarks>Takes publication and deprecation.</remarks>
[Alias("pythia.IPolicyGrain")]
public interface IPolicyGrain : ISubjectGrain
{
    /// <summary>The policy as the ledger has it.</summary>
    [Alias("Get"), AlwaysInterleave]
    Task<PolicyView> GetAsync();
}

/// <summary>Status of a policy. Numbers as in the contract; 0: unknown.</summary>
[GenerateSerializer]
public enum PolicyStatus { Unknown = 0, Published = 1, Deprecated = 2 }

/// <summary>A policy as the ledger has it.</summary>
/// <param name="PolicyId">0x and 64 hex digits.</param>
/// <param name="Publisher">0x and 40 hex digits; null if unknown.</param>
/// <param name="Document">The exact published bytes; empty if unknown.</param>
[GenerateSerializer, Immutable, Alias("pythia.PolicyView")]
public sealed record PolicyView(
    [property: Id(0)] string PolicyId,
    [property: Id(1)] PolicyStatus Status,
    [property: Id(2)] string? Publisher,
    [property: Id(3)] ImmutableArray<byte> Document,
    [property: Id(4)] LedgerPosition? Position,
    [property: Id(5)] int Pending);
