using Pythia.Enclave;

namespace Pythia.Tests.Support;

/// <summary>Who a model of an enclave says it is: nobody checks its keys.</summary>
internal static class ModelIdentity
{
    public static EnclaveIdentity Of(string id, ulong chainId)
        => new(id, chainId, new byte[32], new byte[32], AssuranceLevel.Development, new EnclaveKeys(1, new byte[64], new byte[64], new byte[8], TimeSpan.Zero, TimeSpan.FromHours(1)));
}
