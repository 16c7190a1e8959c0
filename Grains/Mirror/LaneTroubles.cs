using Pythia.Contracts.JsonRpc;

namespace Pythia.Grains.Mirror;

/// <summary>What is said of a lane's trouble, by what caused it.</summary>
internal static class LaneTroubles
{
    public static LaneTrouble Of(Exception failure) => failure switch
    {
        RpcUnavailableException => LaneTrouble.NoNodeAnswers,
        RpcException => LaneTrouble.RefusedByNode,
        OrleansException or TimeoutException => LaneTrouble.NotStored,
        _ => LaneTrouble.Other,
    };

    public static LaneTrouble Of(SendVerdict verdict) => verdict switch
    {
        SendVerdict.NoFunds => LaneTrouble.OutOfFunds,
        SendVerdict.PoolFull => LaneTrouble.PoolFull,
        SendVerdict.Underpriced => LaneTrouble.Stuck,
        _ => LaneTrouble.RefusedByNode,
    };
}
