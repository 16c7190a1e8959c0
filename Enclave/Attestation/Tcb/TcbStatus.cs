namespace Pythia.Enclave.Attestation.Tcb;

/// <summary>How a platform, a quoting enclave or a TDX module stands, in Intel's words.</summary>
public enum TcbStatus
{
    UpToDate,

    /// <summary>The platform is patched; the enclave's code must hold mitigations of its own.</summary>
    SWHardeningNeeded,

    /// <summary>A setting of the platform exposes it.</summary>
    ConfigurationNeeded,
    ConfigurationAndSWHardeningNeeded,
    OutOfDate,
    OutOfDateConfigurationNeeded,
    Revoked,
}
