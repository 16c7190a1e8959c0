namespace Pythia.Grains.Storage;

/// <summary>Names that the silo and the grains share.</summary>
public static class GrainStorage
{
    /// <summary>The storage provider of every grain here.</summary>
    public const string Name = "pythia";
}
