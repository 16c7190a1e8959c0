using Xunit;

namespace Pythia.Vectors;

/// <summary>A fact that reads <c>shared/{below}/{folder}</c> and reports a skip, with the reason, where that is absent.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class VectorFactAttribute : FactAttribute
{
    public VectorFactAttribute(string folder, string below = "vectors")
    {
        if (SharedVectors.TryFind(folder, below) is null)
        {
            Skip = $"shared/{below}/{folder} is not beside the project";
        }
    }
}

/// <summary>A theory under the rule of <see cref="VectorFactAttribute"/>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class VectorTheoryAttribute : TheoryAttribute
{
    public VectorTheoryAttribute(string folder, string below = "vectors")
    {
        if (SharedVectors.TryFind(folder, below) is null)
        {
            Skip = $"shared/{below}/{folder} is not beside the project";
        }
    }
}
