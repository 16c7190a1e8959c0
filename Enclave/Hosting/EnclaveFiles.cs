using System.Text.Json;
using System.Text.Json.Nodes;
using Pythia.Enclave.Host;

namespace Pythia.Enclave.Hosting;

/// <summary>The two files that the child reads, and the socket, in a folder 0700 of their own that goes with them.</summary>
internal sealed class EnclaveFiles : IDisposable
{
    private static readonly string[] OfTheHost = [nameof(EnclaveOptions.Id), nameof(EnclaveOptions.HeadRpc), nameof(EnclaveOptions.UntrustedRpc)];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pythia-enclave-");

    public EnclaveFiles(EnclaveOptions options, EnclaveProcessOptions process)
    {
        var all = JsonSerializer.SerializeToNode(options)!.AsObject();
        var host = new JsonObject { ["Listen"] = EndPoint };
        foreach (var name in OfTheHost)
        {
            host[name] = all[name]!.DeepClone();
            all.Remove(name);
        }

        all["Attester"] = process.Attester.Length > 0 ? process.Attester : "none";
        if (process.SimulatedPlatform.Length > 0) host["SimulatedPlatform"] = Path.GetFullPath(process.SimulatedPlatform);
        File.WriteAllText(Config, all.ToJsonString());
        File.WriteAllText(Host, host.ToJsonString());
    }

    public string Config => Path.Combine(_folder.FullName, "config.json");

    public string Host => Path.Combine(_folder.FullName, "host.json");

    public string EndPoint => $"unix:{Path.Combine(_folder.FullName, "socket")}";

    /// <summary>More than once is no fault: the supervisor is registered as what it is and as a hosted service.</summary>
    public void Dispose()
    {
        if (Directory.Exists(_folder.FullName)) _folder.Delete(recursive: true);
    }
}
