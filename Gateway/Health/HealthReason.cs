namespace Pythia.Gateway.Health;

/// <summary>One thing that is wrong now.</summary>
/// <param name="Code">From <see cref="HealthCodes"/>.</param>
/// <param name="Chain">Chain id, where it is about one.</param>
/// <param name="Name">Which node, lane, enclave or file, where there are several. Never a device or an owner.</param>
/// <param name="Detail">For people: the thing, what was found, what was expected.</param>
/// <param name="Since">When it began, where that is known.</param>
public sealed record HealthReason(HealthCode Code, ulong? Chain, string? Name, string Detail, DateTimeOffset? Since = null);

/// <summary>A part that can say how it is. Looks and changes nothing; is asked often and by many, so it must be cheap.</summary>
public interface IHealthPart
{
    /// <summary>Its name in <c>part-silent</c>.</summary>
    string Name { get; }

    /// <summary>What is wrong; empty if nothing.</summary>
    ValueTask<IReadOnlyList<HealthReason>> FindAsync(CancellationToken cancellationToken);
}
