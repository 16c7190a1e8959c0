using System.Globalization;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Ethereum;
using Pythia.Grains.Pythia;

namespace Pythia.Gateway.Devices;

/// <summary>The enclaves of a chain: those that answer at the moment, and those that no question goes to because of their evidence.</summary>
public sealed record EnclavesJson(ulong ChainId, IReadOnlyList<EnclaveJson> Enclaves, IReadOnlyList<DrainedEnclaveJson> Drained);

/// <summary>An enclave that could answer and is not asked.</summary>
/// <param name="Attestation"><c>simulated</c> or <c>gramine</c>.</param>
/// <param name="Reasons">Names of what is wrong with its evidence; the details are the operator's.</param>
/// <param name="Since">When it was drained (ISO 8601, UTC), by its silo's clock.</param>
public sealed record DrainedEnclaveJson(string Id, string Attestation, IReadOnlyList<string> Reasons, string Since)
{
    public static DrainedEnclaveJson Of(EnclaveReport report) => new(
        report.EnclaveId, report.Attestation, [.. report.Reasons.Select(reason => reason.Name)],
        DateTimeOffset.FromUnixTimeMilliseconds(report.SinceUnixMs).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
}

/// <summary>What a device pins. It is worth what the way to this page is worth: compare it with what the enclave's operator publishes.</summary>
/// <param name="SigningKey">P-256 x ‖ y, 0x and 128 hex digits.</param>
/// <param name="ConfigurationHash">0x and 64 hex digits.</param>
/// <param name="Level">0 development, 1 sealed, 2 optimistic, 3 finalized.</param>
/// <param name="Attestation">What its operator's silo appraised behind it: <c>unattested</c>, <c>simulated</c> or <c>gramine</c>. A device believes its own check only.</param>
/// <param name="NextKey">The key that signs after this one, once it is announced: a passport for it can be had now.</param>
public sealed record EnclaveJson(string Id, string SigningKey, string ConfigurationHash, int Level, HeadJson Head, string Attestation, NextKeyJson? NextKey)
{
    /// <summary>The reasons of a report by name, for a message.</summary>
    public static string NamesOf(EnclaveReport report) => string.Join(", ", report.Reasons.Select(reason => reason.Name));

    public static EnclaveJson Of(PythiaIdentity identity, EnclaveReport report) => new(
        identity.EnclaveId,
        Hex.Format(identity.SigningKey.AsSpan()),
        Hex.Format(identity.ConfigurationHash.AsSpan()),
        identity.Level,
        new(identity.HeadBlock, identity.HeadUnixSeconds, identity.HeadHash),
        report.Attestation,
        identity.NextSigningKey.IsDefaultOrEmpty ? null : new(Hex.Format(identity.NextSigningKey.AsSpan()), Convert.ToHexStringLower(Es256Key.ComputeKeyId(identity.NextSigningKey.AsSpan())), identity.NextSignsInSeconds));
}

/// <summary>A key that signs nothing yet.</summary>
/// <param name="SigningKey">P-256 x ‖ y, 0x and 128 hex digits.</param>
/// <param name="Kid">16 hex digits, as <c>…/passport?kid=</c> takes them.</param>
/// <param name="SignsInSeconds">Until it does, by the enclave's own timer.</param>
public sealed record NextKeyJson(string SigningKey, string Kid, long SignsInSeconds);

/// <summary>The newest head that an enclave verified.</summary>
public sealed record HeadJson(ulong Block, ulong UnixSeconds, string Hash);
