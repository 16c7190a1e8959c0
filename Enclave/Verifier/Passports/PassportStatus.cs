namespace Pythia.Enclave.Verifier.Passports;

/// <summary>
/// How far a verifier stands behind an enclave. The numbers are the trust tiers of draft-ietf-rats-ar4si, as <c>ear.status</c> carries them.
/// </summary>
public enum PassportTier
{
    /// <summary>Nothing is vouched for: a debug enclave or one under a simulated root. For development only.</summary>
    None = 0,

    /// <summary>In order.</summary>
    Affirming = 2,

    /// <summary>Tolerated by the verifier's policy, with something to be mended.</summary>
    Warning = 32,

    /// <summary>Known to be bad. No device takes it, whatever its settings.</summary>
    Contraindicated = 96,
}

/// <summary>The platform's TCB status, converged with that of its quoting enclave (Intel SGX and TDX PCS API v4, "Get SGX TCB Info", <c>tcbStatus</c>). The numbers travel: add at the end.</summary>
public enum PlatformStatus
{
    UpToDate = 1,
    SwHardeningNeeded = 2,
    ConfigurationNeeded = 3,
    ConfigurationAndSwHardeningNeeded = 4,
    OutOfDate = 5,
    OutOfDateConfigurationNeeded = 6,
    Revoked = 7,
}
