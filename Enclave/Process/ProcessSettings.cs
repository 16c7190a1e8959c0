using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Pythia.Enclave.Host;

namespace Pythia.Enclave.Serving;

/// <summary>
/// What an enclave is, file <c>--config</c>: measured with its code under SGX, so that nobody can change it without changing the measurement. The
/// members have the names and defaults of <see cref="EnclaveOptions"/>. Enclaves of one build and one such file have one measurement, whatever their names.
/// </summary>
internal sealed class MeasuredSettings
{
    public required ulong ChainId { get; set; }

    public required string GenesisHash { get; set; }

    public required Dictionary<string, ContractOptions> Contracts { get; set; }

    public bool AllowDevelopmentAssurance { get; set; }

    public int CacheBytes { get; set; } = new EnclaveOptions().CacheBytes;

    public int PollMilliseconds { get; set; } = new EnclaveOptions().PollMilliseconds;

    public int ReplyMilliseconds { get; set; } = new EnclaveOptions().ReplyMilliseconds;

    /// <summary>0 is the longest that there is room for, <see cref="EnclaveOptions.MostProcessReplyBytes"/>.</summary>
    public int ReplyBytes { get; set; } = new EnclaveOptions().ReplyBytes;

    public int MinBlockWaitMilliseconds { get; set; } = new EnclaveOptions().MinBlockWaitMilliseconds;

    public int SetAsideSeconds { get; set; } = new EnclaveOptions().SetAsideSeconds;

    public int KeyLifetimeHours { get; set; } = new EnclaveOptions().KeyLifetimeHours;

    public int KeyOverlapMinutes { get; set; } = new EnclaveOptions().KeyOverlapMinutes;

    /// <summary>What makes quotes: <c>none</c>, <c>gramine</c>, or <c>simulated</c>, which no production policy takes.</summary>
    public string Attester { get; set; } = "none";
}

/// <summary>Where an enclave finds things, file <c>--host</c>: its host's word, trusted for nothing but the head at assurance development.</summary>
internal sealed class HostSettings
{
    /// <summary><see cref="EnclaveOptions.Id"/>: by it others find this one among those of the same measurement.</summary>
    public required string Id { get; set; }

    /// <summary><c>unix:/path</c> or <c>tcp:address:port</c>.</summary>
    public required string Listen { get; set; }

    /// <summary>The node that names heads.</summary>
    public required string HeadRpc { get; set; }

    /// <summary>The nodes that everything else is read from.</summary>
    public required List<string> UntrustedRpc { get; set; }

    /// <summary>Folder of the simulated platform; only with the attester <c>simulated</c>.</summary>
    public string? SimulatedPlatform { get; set; }

    /// <summary>Least level of what is logged: Trace, Debug, Information, Warning, Error.</summary>
    public string LogLevel { get; set; } = "Information";
}

/// <summary>Both files, checked.</summary>
internal sealed record ProcessSettings(string ConfigPath, EnclaveOptions Options, string Attester, HostSettings Host, EndPoint EndPoint, Microsoft.Extensions.Logging.LogLevel Level)
{
    /// <exception cref="FormatException">What is wrong, with its file and name.</exception>
    public static ProcessSettings Read(string configPath, string hostPath)
    {
        var measured = Read(configPath, ProcessJson.Default.MeasuredSettings);
        var host = Read(hostPath, ProcessJson.Default.HostSettings);
        var options = new EnclaveOptions
        {
            Id = host.Id,
            ChainId = measured.ChainId,
            GenesisHash = measured.GenesisHash,
            Contracts = new Dictionary<string, ContractOptions>(measured.Contracts, StringComparer.Ordinal),
            AllowDevelopmentAssurance = measured.AllowDevelopmentAssurance,
            CacheBytes = measured.CacheBytes,
            PollMilliseconds = measured.PollMilliseconds,
            ReplyMilliseconds = measured.ReplyMilliseconds,
            ReplyBytes = measured.ReplyBytes == 0 ? EnclaveOptions.MostProcessReplyBytes : measured.ReplyBytes,
            MinBlockWaitMilliseconds = measured.MinBlockWaitMilliseconds,
            SetAsideSeconds = measured.SetAsideSeconds,
            KeyLifetimeHours = measured.KeyLifetimeHours,
            KeyOverlapMinutes = measured.KeyOverlapMinutes,
            HeadRpc = host.HeadRpc,
            UntrustedRpc = host.UntrustedRpc,
        };
        var problems = EnclaveOptionsCheck.FindProblems(options).ToList();
        if (options.ReplyBytes > EnclaveOptions.MostProcessReplyBytes) problems.Add($"ReplyBytes: {options.ReplyBytes} found, at most {EnclaveOptions.MostProcessReplyBytes} expected in a process of its own");
        if (options.CacheBytes > EnclaveOptions.MostProcessCacheBytes) problems.Add($"CacheBytes: {options.CacheBytes} found, at most {EnclaveOptions.MostProcessCacheBytes} expected in a process of its own");
        if (measured.Attester is not ("none" or "gramine" or "simulated")) problems.Add($"Attester: '{measured.Attester}' found, none, gramine or simulated expected");
        if ((measured.Attester == "simulated") != (host.SimulatedPlatform is not null)) problems.Add($"SimulatedPlatform: '{host.SimulatedPlatform}' found with attester {measured.Attester}, a folder with simulated alone expected");
        if (!Enum.TryParse<Microsoft.Extensions.Logging.LogLevel>(host.LogLevel, out var level)) problems.Add($"LogLevel: '{host.LogLevel}' found, a level expected");
        return problems.Count == 0
            ? new ProcessSettings(configPath, options, measured.Attester, host, SocketEnclave.Parse(host.Listen), level)
            : throw new FormatException(string.Join(Environment.NewLine, problems));
    }

    private static T Read<T>(string path, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), type) ?? throw new FormatException($"{path}: null found, an object expected");
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new FormatException($"{path}: {e.Message}", e);
        }
    }
}

[JsonSourceGenerationOptions(UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(MeasuredSettings))]
[JsonSerializable(typeof(HostSettings))]
internal sealed partial class ProcessJson : JsonSerializerContext;
