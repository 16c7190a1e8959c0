using Pythia.Vectors;

namespace Pythia.Tests.Agreement;

/// <summary>A fact that needs the other verifier; reports a skip, with the reason, where it or the shared cases are absent.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class AgreementFactAttribute : FactAttribute
{
    public AgreementFactAttribute()
    {
        if (SharedVectors.TryFind(Quotes.SharedCase.Folder) is null) Skip = $"shared/vectors/{Quotes.SharedCase.Folder} is not beside the project";
        else if (!Directory.Exists(Path.Combine(Folder, "node_modules"))) Skip = "npm ci --prefix Tests/Attestation.Tests/Agreement has not been run: no second verifier";
    }

    /// <summary>Holds judge.mjs and package.json.</summary>
    public static string Folder { get; } = Path.Combine(SharedVectors.RepositoryRoot, "Tests", "Attestation.Tests", "Agreement");
}
