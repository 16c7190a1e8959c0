using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Runtime;
using Pythia.Embedded.Diagnostics;

namespace Orleans.Hosting;

/// <summary>What a silo may have besides.</summary>
public static class CoreHostingExtensions
{
    /// <summary>An activity for each call, and its id from caller to callee. The sources' names are in <see cref="Orleans.Diagnostics.ActivitySources"/>.</summary>
    public static ISiloBuilder AddActivityPropagation(this ISiloBuilder builder)
    {
        builder.Services.TryAddSingleton(DistributedContextPropagator.Current);
        return builder.AddOutgoingGrainCallFilter<OutgoingActivityFilter>().AddIncomingGrainCallFilter<IncomingActivityFilter>();
    }
}

/// <summary>Extensions of all grains.</summary>
public static class HostingGrainExtensions
{
    /// <summary>Each activation that is called by this interface gets one extension of this class.</summary>
    public static ISiloBuilder AddGrainExtension<TExtensionInterface, TExtension>(this ISiloBuilder builder)
        where TExtensionInterface : class, IGrainExtension
        where TExtension : class, TExtensionInterface
    {
        builder.Services.AddKeyedTransient<IGrainExtension, TExtension>(typeof(TExtensionInterface));
        return builder;
    }
}
