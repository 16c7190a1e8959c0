using System.Globalization;
using System.Text.RegularExpressions;
using Pythia.Enclave.Hosting;
using Pythia.Vectors;
using Shouldly;

namespace Pythia.Enclave.Tests.Host;

/// <summary>pythia.manifest.template says what pythia-enclave really needs, and nothing that weakens the measurement.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed partial class ManifestTests(AnvilChain chain) : IClassFixture<AnvilChain>
{
    // Gramine's manifest syntax, as far as it is used here (Documentation/manifest-syntax.rst).
    private static readonly string[] Known =
    [
        "libos.entrypoint", "loader.entrypoint.uri", "loader.log_level", "loader.argv", "fs.mounts", "sgx.enclave_size", "sgx.max_threads", "sgx.edmm_enable", "sgx.debug",
        "sgx.remote_attestation", "sgx.isvprodid", "sgx.isvsvn", "sgx.use_exinfo", "sys.enable_extra_runtime_domain_names_conf", "sys.enable_sigterm_injection",
        "sys.disallow_subprocesses", "sgx.trusted_files", "sgx.allowed_files",
    ];

    private static readonly string Template = File.ReadAllText(Path.Combine(SharedVectors.RepositoryRoot, "Enclave", "pythia.manifest.template"));

    private static readonly Dictionary<string, string> Values = Assignment().Matches(Template).ToDictionary(match => match.Groups["key"].Value, match => match.Groups["value"].Value, StringComparer.Ordinal);

    public static long MaxThreads => long.Parse(Values["sgx.max_threads"], CultureInfo.InvariantCulture);

    [Fact]
    public void Template_Environment_IsTheOneThatTheProcessIsRunWith()
        => Values.Where(pair => pair.Key.StartsWith("loader.env.", StringComparison.Ordinal) && pair.Key != "loader.env.LD_LIBRARY_PATH")
            .Select(pair => (pair.Key["loader.env.".Length..], pair.Value.Trim('"')))
            .ShouldBe(EnclaveEnvironment.Variables.Select(pair => (pair.Key, pair.Value)));

    // dotnet/runtime#129681: with a heap limit and without the background collector the process ends by SIGSEGV once its heap is wide enough.
    [Fact]
    public void Template_HeapLimit_HasTheBackgroundCollectorBesideIt()
    {
        EnclaveEnvironment.Variables.ShouldContain(new KeyValuePair<string, string>("DOTNET_gcConcurrent", "1"));
        EnclaveEnvironment.Variables.ShouldContain(pair => pair.Key == "DOTNET_GCHeapHardLimit");
    }

    [Fact]
    public void Template_Keys_AreKnownAndNoneIsInsecure()
    {
        Values.Keys.Where(key => !key.StartsWith("loader.env.", StringComparison.Ordinal)).ShouldBe(Known, ignoreOrder: true);
        Template.ShouldNotContain("insecure");
        Template.ShouldNotContain("passthrough");
    }

    [Theory]
    [InlineData("sgx.debug", "false")]
    [InlineData("sgx.edmm_enable", "true")]
    [InlineData("sgx.use_exinfo", "true")]
    [InlineData("sgx.remote_attestation", "\"dcap\"")]
    [InlineData("sgx.enclave_size", "\"1G\"")]
    [InlineData("sys.enable_sigterm_injection", "true")]
    [InlineData("sys.disallow_subprocesses", "true")]
    public void Template_WhatTheMeasurementMeans_IsAsItMustBe(string key, string value) => Values[key].ShouldBe(value);

    [Fact]
    public async Task Template_TrustedFiles_CoverEveryFileThatTheProcessMaps()
    {
        await using var enclave = await SupervisedEnclave.StartAsync(chain.Options());
        var mapped = File.ReadLines($"/proc/{enclave.ProcessId}/maps")
            .Select(line => line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries))
            .Where(parts => parts.Length == 6 && parts[5].StartsWith('/'))
            .Select(parts => parts[5].Trim())
            .Distinct(StringComparer.Ordinal)
            .ToList();
        mapped.Count.ShouldBeGreaterThan(20);

        NotTrusted(mapped).ShouldBeEmpty();
        Covers("/app/", "/app/x.dll").ShouldBeTrue();
        Covers("/app/", "/application/x.dll").ShouldBeFalse();
        Covers("/lib/libssl.so.3", "/lib/libssl.so.30").ShouldBeFalse();
    }

    [Fact]
    public void Template_TemporaryFolder_HidesNoneOfTheOthers()
    {
        // A mount hides what was mounted below it before.
        var mounts = MountPath().Matches(Template).Select(match => match.Groups["path"].Value).ToList();
        mounts.Count.ShouldBe(7);
        mounts[0].ShouldBe("/tmp");
    }

    [Fact]
    public void Template_Configuration_IsMeasured() => Trusted().ShouldContain("{{ config }}");

    [Fact]
    public void Template_AllowedFiles_AreTheHostsWordAlone()
        => List("sgx.allowed_files").ShouldBe(["{{ host_dir }}/host.json"]);

    /// <summary>The names of those that neither a trusted file nor a trusted folder covers, with the folders of this machine. glibc itself is Gramine's, from its own folder.</summary>
    internal static IEnumerable<string> NotTrusted(IEnumerable<string> paths)
    {
        var runtime = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        var all = paths.ToList();
        var libraries = Path.GetDirectoryName(all.First(path => path.Contains("/libcrypto.so", StringComparison.Ordinal)))!;
        var trusted = Trusted().Select(pattern => pattern
            .Replace("{{ dotnet_dir }}", Path.GetFullPath(Path.Combine(runtime, "..", "..", "..")), StringComparison.Ordinal)
            .Replace("{{ dotnet_version }}", Path.GetFileName(runtime), StringComparison.Ordinal)
            .Replace("{{ app_dir }}", Path.Combine(AppContext.BaseDirectory, "enclave"), StringComparison.Ordinal)
            .Replace("{{ arch_libdir }}", libraries, StringComparison.Ordinal)).ToList();
        return all.Where(path => !GlibcPart().IsMatch(Path.GetFileName(path)) && !trusted.Any(pattern => Covers(pattern, path))).Select(path => Path.GetFileName(path));
    }

    private static bool Covers(string pattern, string path) => pattern.EndsWith('/') ? path.StartsWith(pattern, StringComparison.Ordinal) : NameOf(pattern) == NameOf(path) && Path.GetDirectoryName(pattern) == Path.GetDirectoryName(path);

    // What is mapped has its full version: libstdc++.so.6 is libstdc++.so.6.0.30.
    private static string NameOf(string path)
    {
        var name = Path.GetFileName(path);
        var version = MajorVersion().Match(name);
        return version.Success ? version.Value : name;
    }

    private static IEnumerable<string> Trusted() => List("sgx.trusted_files");

    private static IEnumerable<string> List(string key)
        => FileUri().Matches(Template[Template.IndexOf($"\n{key} = [", StringComparison.Ordinal)..].Split("\n]")[0]).Select(match => match.Groups["path"].Value);

    [GeneratedRegex("^(?<key>[a-z][\\w.]*) = (?<value>.*)$", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Assignment();

    [GeneratedRegex("^ {2}\\{.* path = \"(?<path>[^\"]+)\"", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex MountPath();

    [GeneratedRegex("\"file:(?<path>[^\"]+)\"", RegexOptions.CultureInvariant)]
    private static partial Regex FileUri();

    [GeneratedRegex("^(?:ld-linux.*|libc|libm|libdl|libpthread|librt)[.-]", RegexOptions.CultureInvariant)]
    private static partial Regex GlibcPart();

    [GeneratedRegex("^.+\\.so\\.\\d+", RegexOptions.CultureInvariant)]
    private static partial Regex MajorVersion();
}
