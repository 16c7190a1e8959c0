using System.Text.RegularExpressions;
using Pythia.Enclave.Hosting;
using Pythia.Ethereum;
using Shouldly;

namespace Pythia.Enclave.Tests.Host;

/// <summary>What pythia-enclave asks of its system is what was seen to work under Gramine, or to be done without (docs/decisions/029-under-gramine.md).</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed partial class SystemCallTests(AnvilChain chain) : IClassFixture<AnvilChain>
{
    // Without them under Gramine 1.9: the runtime and the C library have another way, or go on.
    private static readonly string[] Missing = ["clone3", "get_mempolicy", "getrusage", "membarrier", "prctl", "rseq"];

    // Seen there too, and what comes now and then. A new name: run it under Gramine first (Enclave/tools/gramine-direct.sh, GramineTests).
    private static readonly string[] Working =
    [
        "accept4", "access", "arch_prctl", "bind", "brk", "chmod", "clock_gettime", "clock_nanosleep", "clone", "close", "connect", "epoll_create1",
        "epoll_ctl", "epoll_wait", "execve", "exit", "exit_group", "fcntl", "flock", "fstat", "futex", "getcwd", "getdents64", "geteuid", "getpeername",
        "getpid", "getrandom", "getrlimit", "getsid", "getsockname", "getsockopt", "gettid", "ioctl", "kill", "listen", "lseek", "lstat", "madvise", "mkdir",
        "mlock", "mmap", "mprotect", "munmap", "nanosleep", "newfstatat", "openat", "pipe2", "poll", "pread64", "prlimit64", "read", "readlink", "recvfrom",
        "recvmsg", "rmdir", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sched_get_priority_max", "sched_get_priority_min", "sched_getaffinity",
        "sched_getparam", "sched_getscheduler", "sched_setaffinity", "sched_setscheduler", "sched_yield", "sendmsg", "sendto", "set_robust_list",
        "set_tid_address", "setsockopt", "shutdown", "sigaltstack", "socket", "stat", "statfs", "sysinfo", "tgkill", "uname", "unlink", "write", "writev",
    ];

    [StraceFact]
    public async Task Run_FromStartToStop_CallsAndOpensNothingNew()
    {
        var folder = Directory.CreateTempSubdirectory("pythia-calls-");
        try
        {
            var trace = Path.Combine(folder.FullName, "calls");
            var program = Path.Combine(AppContext.BaseDirectory, "enclave", "pythia-enclave.dll");
            await using (var enclave = await SupervisedEnclave.StartAsync(
                chain.Options(), shell: (folder.FullName, $"exec {StraceFactAttribute.Program} -f -qq -s 4096 -o {trace} {EnclaveChild.RuntimeHost()} {program} \"$@\"")))
            {
                await enclave.AnswerAsync(Hash32.Zero);
            }

            var lines = await File.ReadAllLinesAsync(trace);
            var called = lines.Select(line => Call().Match(line)).Where(match => match.Success).Select(match => match.Groups["name"].Value).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
            called.Count.ShouldBeGreaterThan(50);
            called.Except([.. Missing, .. Working]).ShouldBeEmpty();

            var opened = lines.Select(line => Opened().Match(line)).Where(match => match.Success).Select(match => match.Groups["path"].Value).Distinct(StringComparer.Ordinal).ToList();
            opened.Count.ShouldBeGreaterThan(50);
            ManifestTests.NotTrusted(opened.Where(path => !OfTheSystem().IsMatch(path)))
                .ShouldBe(["host.json", "config.json"], ignoreOrder: true, "beside what is trusted by its folder");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [GeneratedRegex("^\\d+ +(?<name>[a-z]\\w*)\\(", RegexOptions.CultureInvariant)]
    private static partial Regex Call();

    // open*(AT_FDCWD, "/a/file", O_RDONLY) = 3
    [GeneratedRegex("^\\d+ +open\\w*\\(AT_FDCWD, \"(?<path>[^\"]+)\", (?!.*O_DIRECTORY).* = \\d+$", RegexOptions.CultureInvariant)]
    private static partial Regex Opened();

    // Inside, Gramine's own or not there at all: without openssl.cnf the library has its defaults.
    [GeneratedRegex("^/(?:proc|sys|dev)/|^/etc/ld\\.so\\.cache$|/openssl\\.cnf$", RegexOptions.CultureInvariant)]
    private static partial Regex OfTheSystem();
}

[AttributeUsage(AttributeTargets.Method)]
internal sealed class StraceFactAttribute : FactAttribute
{
    public StraceFactAttribute()
    {
        if (Program is null) Skip = "strace is not on the PATH";
    }

    public static string? Program { get; } = (Environment.GetEnvironmentVariable("PATH")?.Split(':') ?? []).Select(folder => Path.Combine(folder, "strace")).FirstOrDefault(File.Exists);
}
