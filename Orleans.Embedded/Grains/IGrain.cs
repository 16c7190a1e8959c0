using Orleans.Runtime;

namespace Orleans.Runtime
{
    /// <summary>Anything that can be called from elsewhere: a grain, a reference to one, an observer.</summary>
    public interface IAddressable;

    /// <summary>An interface that a grain's context can be asked for beside the grain's own.</summary>
    public interface IGrainExtension : IAddressable;
}

namespace Orleans
{
    /// <summary>Marks the interfaces of grains; a grain interface derives from one of the five below.</summary>
    public interface IGrain : IAddressable;

    /// <summary>A grain whose key is a string.</summary>
    public interface IGrainWithStringKey : IGrain;

    /// <summary>A grain whose key is a 64-bit number.</summary>
    public interface IGrainWithIntegerKey : IGrain;

    /// <summary>A grain whose key is a GUID.</summary>
    public interface IGrainWithGuidKey : IGrain;

    /// <summary>A grain whose key is a GUID and a string.</summary>
    public interface IGrainWithGuidCompoundKey : IGrain;

    /// <summary>A grain whose key is a 64-bit number and a string.</summary>
    public interface IGrainWithIntegerCompoundKey : IGrain;

    /// <summary>Marks the interfaces of objects outside grains that grains may call. Methods returning void are one-way.</summary>
    public interface IGrainObserver : IAddressable;

    /// <summary>Marks system services that can be called by address.</summary>
    public interface ISystemTarget : IAddressable;
}

namespace Orleans.Services
{
    /// <summary>A service that runs once in each silo.</summary>
    public interface IGrainService : ISystemTarget;

    /// <summary>The way to an <see cref="IGrainService"/>.</summary>
    public interface IGrainServiceClient<TGrainService>
        where TGrainService : IGrainService;
}
