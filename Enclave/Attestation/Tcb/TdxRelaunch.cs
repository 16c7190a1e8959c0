using Pythia.Enclave.Attestation.Certificates;
using Pythia.Enclave.Attestation.Quotes;

namespace Pythia.Enclave.Attestation.Tcb;

/// <summary>
/// A trust domain keeps the TDX module under which it was started in TEE_TCB_SVN; a report of TDX 1.5 says in TEE_TCB_SVN2 which one runs now. Where the old module alone
/// is behind and the one that runs is the newest, the platform has been mended and the domain has only to be started anew.
/// </summary>
/// <remarks>Source: intel/SGX-TDX-DCAP-QuoteVerificationLibrary, its check for a relaunch (steps 4.1.2.4.17.4.3 of Intel's quote verification).</remarks>
internal static class TdxRelaunch
{
    // TEE_TCB_SVN2: 0 the module's SVN, 1 its version, 2 that of the loader.
    private const int ModuleSvn = 0;
    private const int ModuleVersion = 1;
    private const int LoaderSvn = 2;

    /// <summary>The status to give in place of <paramref name="status"/>, which it is where no relaunch helps.</summary>
    /// <param name="status">Of platform and TDX module together.</param>
    /// <param name="module">What the module under which the domain was started reaches.</param>
    /// <param name="qe">What the quoting enclave reaches.</param>
    public static TcbStatus Advise(TcbStatus status, TcbInfo info, SgxExtension platform, TdxReport tdx, TcbFinding? module, TcbFinding qe, FaultList faults)
    {
        var isModuleAlone = qe.Status == TcbStatus.UpToDate && module is { Status: TcbStatus.OutOfDate } && status is TcbStatus.OutOfDate or TcbStatus.OutOfDateConfigurationNeeded;
        if (!isModuleAlone || tdx.TeeTcbSvn2 is not { } running) return status;

        // The platform as such, whatever the domain was started under.
        var sgx = TcbMatch.FindPlatform(info, platform, tdx: null)?.Status;
        if (sgx is not (TcbStatus.UpToDate or TcbStatus.SWHardeningNeeded or TcbStatus.ConfigurationNeeded or TcbStatus.ConfigurationAndSWHardeningNeeded)) return status;
        if (!IsNewest(info, running.Span, faults)) return status;

        return TcbStatuses.NeedsConfiguration(sgx.Value) || TcbStatuses.NeedsConfiguration(status)
            ? TcbStatus.TDRelaunchAdvisedConfigurationNeeded
            : TcbStatus.TDRelaunchAdvised;
    }

    // Levels are listed from the best to the worst.
    private static bool IsNewest(TcbInfo info, ReadOnlySpan<byte> running, FaultList faults)
    {
        var best = info.Levels[0].TdxComponents.Span;
        var needed = (int)best[ModuleSvn];
        if (running[ModuleVersion] > 0)
        {
            var module = TcbMatch.FindModule(info, running[ModuleVersion]);
            if (!faults.Expect(module is { Levels.IsEmpty: false }, QuoteFaultKind.TdxModuleUnknown, $"TDX module that runs now: version {running[ModuleVersion]} found, none such in the TCB info")) return false;

            needed = module!.Levels[0].IsvSvn;
        }

        return running[ModuleSvn] >= needed && running[LoaderSvn] >= best[LoaderSvn];
    }
}
