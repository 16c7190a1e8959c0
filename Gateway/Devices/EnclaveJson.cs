using Pythia.Ethereum;
using Pythia.Grains.Pythia;

namespace Pythia.Gateway.Devices;

/// <summary>The enclaves of a chain that answer at the moment.</summary>
public sealed record EnclavesJson(ulong ChainId, IReadOnlyList<EnclaveJson> Enclaves);

/// <summary>What a device pins. It is worth what the way to this page is worth: compare it with what the enclave's operator publishes.</summary>
/// <param name="SigningKey">P-256 x ‖ y, 0x and 128 hex digits.</param>
/// <param name="ConfigurationHash">0x and 64 hex digits.</param>
/// <param name="Level">0 development, 1 sealed, 2 optimistic, 3 finalized.</param>
public sealed record EnclaveJson(string Id, string SigningKey, string ConfigurationHash, int Level, HeadJson Head)
{
    public static EnclaveJson Of(PythiaIdentity identity) => new(
        identity.EnclaveId,
        Hex.Format(identity.SigningKey.AsSpan()),
        Hex.Format(identity.ConfigurationHash.AsSpan()),
        identity.Level,
        new(identity.HeadBlock, identity.HeadUnixSeconds, identity.HeadHash));
}

/// <summary>The newest head that an enclave verified.</summary>
public sealed record HeadJson(ulong Block, ulong UnixSeconds, string Hash);
