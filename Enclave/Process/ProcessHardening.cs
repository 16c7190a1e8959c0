using System.Runtime.InteropServices;

namespace Pythia.Enclave.Serving;

/// <summary>
/// Keeps the process's memory to itself: no core file, no reading by others of the same user. Under SGX the processor does that; elsewhere root
/// can still read everything.
/// </summary>
internal static partial class ProcessHardening
{
    private const string LibC = "libc";
    private const int SetDumpable = 4;
    private const int CoreLimit = 4;

    // The one that this process runs on. By its name a second one could be loaded, with an errno of its own: Gramine's folder has a libc.so.
    static ProcessHardening()
        => NativeLibrary.SetDllImportResolver(
            typeof(ProcessHardening).Assembly, (name, _, _) => string.Equals(name, LibC, StringComparison.Ordinal) ? NativeLibrary.GetMainProgramHandle() : 0);

    /// <summary>prctl(PR_SET_DUMPABLE, 0) and setrlimit(RLIMIT_CORE, 0): prctl(2), setrlimit(2), core(5).</summary>
    /// <returns>What could not be done, for the log; null when all was done. Gramine has no prctl: under SGX it is not needed.</returns>
    public static string? Apply()
    {
        if (!OperatingSystem.IsLinux()) return "only Linux can forbid core files from inside";

        var none = default(Limit);
        var failed = new List<string>();
        if (Prctl(SetDumpable, 0, 0, 0, 0) != 0) failed.Add($"PR_SET_DUMPABLE: {Marshal.GetLastPInvokeErrorMessage()}");
        if (SetLimit(CoreLimit, ref none) != 0) failed.Add($"RLIMIT_CORE: {Marshal.GetLastPInvokeErrorMessage()}");
        return failed.Count == 0 ? null : string.Join(", ", failed);
    }

    /// <summary>The effective user.</summary>
    [LibraryImport(LibC, EntryPoint = "geteuid")]
    public static partial uint EffectiveUser();

    [LibraryImport(LibC, EntryPoint = "prctl", SetLastError = true)]
    private static partial int Prctl(int option, nuint first, nuint second, nuint third, nuint fourth);

    [LibraryImport(LibC, EntryPoint = "setrlimit", SetLastError = true)]
    private static partial int SetLimit(int resource, ref Limit limit);

    private struct Limit
    {
        public nuint Soft;
        public nuint Hard;
    }
}
