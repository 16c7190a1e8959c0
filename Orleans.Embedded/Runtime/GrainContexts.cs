namespace Pythia.Embedded.Runtime;

/// <summary>The activation whose turn this code runs in: the current task scheduler is the activation itself.</summary>
internal static class GrainContexts
{
    public static Activation? Current => TaskScheduler.Current as Activation;
}
