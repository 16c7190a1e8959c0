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

    /// <summary>
    /// Derived, never listed: a trust domain was started under an older TDX module than runs now, and nothing else is behind. Started anew it would stand well.
    /// </summary>
    TDRelaunchAdvised,

    /// <summary>The same where a setting of the platform exposes it besides.</summary>
    TDRelaunchAdvisedConfigurationNeeded,
}
