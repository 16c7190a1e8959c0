using Microsoft.Extensions.DependencyInjection;

namespace Pythia.Grains.Pythia;

/// <summary>Registers what only one engine needs: here nothing.</summary>
internal static class EngineServices
{
    public static IServiceCollection AddGrainEngine(this IServiceCollection services) => services;
}
