using System.Runtime.InteropServices;

namespace Pythia.Enclave.Serving;

/// <summary>
/// Keeps the process's memory to itself: no core file, no reading by others of the same user. Under SGX the processor does that; elsewhere root
/// can still read everything.
/// </summary>
internal static partial class ProcessHardening
{
    private const int SetDumpable = 4;
    private const int CoreLimit = 4;

    /// <summary>prctl(PR_SET_DUMPABLE, 0) and setrlimit(RLIMIT_CORE, 0): prctl(2), setrlimit(2), core(5).</summary>
    /// <returns>What could not be done, for the log; null when all was done.</returns>
    public static string? Apply()
    {
        if (!OperatingSystem.IsLinux()) return "only Linux can forbid core files from inside";
        if (Prctl(SetDumpable, 0, 0, 0, 0) != 0) return $"PR_SET_DUMPABLE: {Marshal.GetLastPInvokeErrorMessage()}";

        var none = default(Limit);
        return SetLimit(CoreLimit, ref none) == 0 ? null : $"RLIMIT_CORE: {Marshal.GetLastPInvokeErrorMessage()}";
    }

    /// <summary>The effective user.</summary>
    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint EffectiveUser();

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int Prctl(int option, nuint first, nuint second, nuint third, nuint fourth);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    private static partial int SetLimit(int resource, ref Limit limit);

    private struct Limit
    {
        public nuint Soft;
        public nuint Hard;
    }
}
