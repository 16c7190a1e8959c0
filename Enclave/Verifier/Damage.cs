using System.Diagnostics.CodeAnalysis;

namespace Pythia.Enclave.Verifier;

/// <summary>What is wrong with something that was given.</summary>
/// <param name="Reason">Never <see cref="InvalidReason.None"/>.</param>
/// <param name="Detail">For people: the thing, what was found, what was expected.</param>
public sealed record Damage(InvalidReason Reason, string Detail);

/// <summary>Either a value that was checked or what is wrong with it. The default is neither, and counts as damage.</summary>
public readonly struct Checked<T>
    where T : class
{
    private static readonly Damage NothingChecked = new(InvalidReason.None, "nothing was checked");

    private readonly T? _value;
    private readonly Damage? _damage;

    private Checked(T? value, Damage? damage) => (_value, _damage) = (value, damage);

    /// <summary>Null when damaged.</summary>
    public T? Value => _value;

    /// <summary>Null when valid.</summary>
    public Damage? Damage => _value is null ? _damage ?? NothingChecked : null;

    public bool TryGet([NotNullWhen(true)] out T? value, [NotNullWhen(false)] out Damage? damage)
    {
        (value, damage) = (Value, Damage);
        return value is not null;
    }

    public static Checked<T> Valid(T value) => new(value, null);

    public static implicit operator Checked<T>(Damage damage) => new(null, damage);

    /// <summary>The same damage for another type.</summary>
    internal static Checked<T> Invalid(InvalidReason reason, string detail) => new(null, new Damage(reason, detail));
}
