namespace Pythia.Gateway.Telemetry;

/// <summary>What is traced. docs/operations/monitoring.md lists spans and attributes.</summary>
public static class PythiaTraces
{
    /// <summary>The web server's requests, our own parts, and the engine's calls of grains.</summary>
    public static string[] Sources { get; } = ["Microsoft.AspNetCore", "Pythia.*", "Microsoft.Orleans.Application"];
}
