namespace Orleans.Concurrency;

/// <summary>A value that neither caller nor callee changes, so that it passes by reference.</summary>
public readonly struct Immutable<T>(T value) : IEquatable<Immutable<T>>
{
    public readonly T Value = value;

    public static bool operator ==(Immutable<T> left, Immutable<T> right) => left.Equals(right);

    public static bool operator !=(Immutable<T> left, Immutable<T> right) => !left.Equals(right);

    public bool Equals(Immutable<T> other) => EqualityComparer<T>.Default.Equals(Value, other.Value);

    public override bool Equals(object? obj) => obj is Immutable<T> other && Equals(other);

    public override int GetHashCode() => Value is null ? 0 : EqualityComparer<T>.Default.GetHashCode(Value);
}

/// <summary>The short form of <c>new Immutable&lt;T&gt;(value)</c>.</summary>
public static class ImmutableExtensions
{
    public static Immutable<T> AsImmutable<T>(this T value) => new(value);
}
