using Pythia.Grains.Mirror;

namespace Pythia.Gateway.Acts;

/// <summary>Waits for an intent's next version.</summary>
internal static class IntentWait
{
    /// <summary>It is final or has failed: its version never grows again.</summary>
    public static bool IsOver(IntentView view) => view.Stage is IntentStage.Final or IntentStage.Failed;

    /// <summary>What the intent is when its version has grown, patience is at its end or the gateway stops; a gateway that stops answers with
    /// what is known, so that its stop need not outlast its callers' patience.</summary>
    public static async Task<IntentView> WaitAsync(
        IIntentGrain grain, IntentView known, long afterVersion, TimeSpan patience, CancellationToken aborted, CancellationToken stopping)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(aborted, stopping);
        try
        {
            return await grain.WaitAsync(afterVersion, patience, either.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return known;
        }
    }
}
