using Pythia.Ethereum;

namespace Pythia.Enclave.Verifier.Facts;

/// <summary>What a device may ask. The numbers travel (architecture section 11): add at the end.</summary>
public enum FactKind
{
    OwnerOf = 1,
    DeviceStatus = 2,
    Consent = 3,
    CommandAllowed = 4,
    PolicyStatus = 5,
    PythiaKey = 6,
}

/// <summary>One fact that is asked about a device, with its arguments. <see cref="FactTable"/> says what each kind takes and gives.</summary>
public sealed record Fact
{
    private Fact(FactKind kind, Address party, Hash32 subject) => (Kind, Party, Subject) = (kind, party, subject);

    public FactKind Kind { get; }

    /// <summary>The grantee or commander; zero where the kind has none.</summary>
    public Address Party { get; }

    /// <summary>The scope (keccak256 of its UTF-8 text), the policy id or the key id; zero where the kind has none.</summary>
    public Hash32 Subject { get; }

    /// <summary>Who owns the device?</summary>
    public static Fact OwnerOf { get; } = new(FactKind.OwnerOf, default, default);

    /// <summary>Is it active, frozen or retired, in which epoch, at which security counter?</summary>
    public static Fact DeviceStatus { get; } = new(FactKind.DeviceStatus, default, default);

    /// <summary>On which terms has the owner granted <paramref name="scope"/> to <paramref name="grantee"/>?</summary>
    public static Fact Consent(Address grantee, Hash32 scope) => new(FactKind.Consent, grantee, scope);

    /// <summary>May <paramref name="commander"/> command <paramref name="scope"/> now?</summary>
    public static Fact CommandAllowed(Address commander, Hash32 scope) => new(FactKind.CommandAllowed, commander, scope);

    /// <summary>Is this policy published, is it deprecated?</summary>
    public static Fact PolicyStatus(Hash32 policy) => new(FactKind.PolicyStatus, default, policy);

    /// <summary>Is this key an enclave's, endorsed and in force? Asked of another enclave than the key's: it refuses, and a device takes no answer
    /// of the key about itself.</summary>
    /// <param name="keyId">SHA-256 of x ‖ y, <see cref="Answers.Es256Key.ComputeFingerprint"/>.</param>
    public static Fact PythiaKey(Hash32 keyId) => new(FactKind.PythiaKey, default, keyId);

    /// <summary>Reads <c>[fact: uint, *(uint / bstr)]</c> as decoded; an unknown number or other arguments than the table's are refused.</summary>
    /// <returns>The fact, or null and in <paramref name="problem"/> what was found and what was expected.</returns>
    public static Fact? TryCreate(ulong number, ReadOnlySpan<FactValue> arguments, out string? problem)
    {
        var definition = FactTable.Find(number);
        problem = definition is null
            ? $"fact {number} found, 1 to {FactTable.Definitions.Length} expected"
            : FindProblem(definition, arguments);
        if (problem is not null) return null;

        Address party = default;
        Hash32 subject = default;
        foreach (var argument in arguments)
        {
            if (argument.Bytes.Length == Address.Size) party = Address.FromSpan(argument.Bytes.Span);
            else subject = Hash32.FromSpan(argument.Bytes.Span);
        }

        return new Fact(definition!.Kind, party, subject);
    }

    /// <summary>The arguments in the order of the table, for encoding.</summary>
    public FactValue[] ToArguments() => Kind switch
    {
        FactKind.Consent or FactKind.CommandAllowed => [FactValue.Of(Party), FactValue.Of(Subject)],
        FactKind.PolicyStatus or FactKind.PythiaKey => [FactValue.Of(Subject)],
        _ => [],
    };

    private static string? FindProblem(FactDefinition definition, ReadOnlySpan<FactValue> arguments)
    {
        if (arguments.Length != definition.Arguments.Length)
            return $"fact {definition.Kind}: {arguments.Length} arguments found, {definition.Arguments.Length} expected";

        for (var i = 0; i < arguments.Length; i++)
        {
            var expected = definition.Arguments[i];
            if (arguments[i].IsNumber) return $"fact {definition.Kind}: {expected.Name} is a number, {expected.Bytes} bytes expected";

            if (arguments[i].Bytes.Length != expected.Bytes)
                return $"fact {definition.Kind}: {expected.Name} has {arguments[i].Bytes.Length} bytes, {expected.Bytes} expected";
        }

        return null;
    }
}
