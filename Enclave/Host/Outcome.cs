using System.Diagnostics.CodeAnalysis;

namespace Pythia.Enclave.Host;

/// <summary>Either a value or the refusal that takes its place.</summary>
internal readonly struct Outcome<T>
    where T : class
{
    private readonly T? _value;
    private readonly EnclaveRefusal? _refusal;

    private Outcome(T? value, EnclaveRefusal? refusal) => (_value, _refusal) = (value, refusal);

    public bool TryGet([NotNullWhen(true)] out T? value, [NotNullWhen(false)] out EnclaveRefusal? refusal)
    {
        (value, refusal) = (_value, _refusal);
        return value is not null;
    }

    public static implicit operator Outcome<T>(T value) => new(value, null);

    public static implicit operator Outcome<T>(EnclaveRefusal refusal) => new(null, refusal);
}
