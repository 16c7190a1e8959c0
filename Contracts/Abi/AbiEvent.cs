using System.Collections.Immutable;
using System.Text;
using Pythia.Ethereum;

namespace Pythia.Contracts.Abi;

/// <summary>An event of a contract: indexed parameters stand in topics, the others in the data.</summary>
/// <remarks>An indexed value of a dynamic type, an array or a tuple is only there as its Keccak-256 hash, a <see cref="Hash32"/>.</remarks>
public sealed class AbiEvent
{
    /// <summary>Topics of a log: the event's own and three indexed parameters.</summary>
    public const int MaxTopics = 4;

    private readonly ImmutableArray<AbiParameter> _inData;

    /// <summary>An event of these parameters.</summary>
    /// <exception cref="FormatException">More than three parameters are indexed.</exception>
    public AbiEvent(string name, ImmutableArray<AbiParameter> parameters)
    {
        var indexed = parameters.Count(p => p.Indexed);
        if (indexed >= MaxTopics) throw new FormatException($"{indexed} indexed parameters found in event {name}, at most {MaxTopics - 1} expected");

        (Name, Parameters) = (name, parameters);
        Signature = $"{name}({string.Join(',', parameters.Select(p => p.Type.Name))})";
        Topic = Keccak256.HashData(Encoding.UTF8.GetBytes(Signature));
        _inData = [.. parameters.Where(p => !p.Indexed)];
    }

    public string Name { get; }

    public ImmutableArray<AbiParameter> Parameters { get; }

    public string Signature { get; }

    /// <summary>The first topic: the signature's Keccak-256 hash.</summary>
    public Hash32 Topic { get; }

    /// <summary>Reads <c>event DeviceClaimed(bytes32 indexed deviceId, address owner)</c>; the keyword and names may be left out.</summary>
    /// <exception cref="FormatException">Not such a declaration.</exception>
    public static AbiEvent Parse(string declaration)
    {
        var (name, parameters, _) = AbiParser.ParseDeclaration(declaration, "event");
        return new AbiEvent(name, parameters);
    }

    /// <summary>Reads a log's parameters in the order of their declaration; false also if it is another event's.</summary>
    /// <param name="reason">What was found and expected; empty when decoded.</param>
    public bool TryDecode(IReadOnlyList<Hash32> topics, ReadOnlySpan<byte> data, out AbiValues values, out string reason)
    {
        values = new AbiValues([], []);
        var expectedTopics = 1 + Parameters.Length - _inData.Length;
        if (topics.Count != expectedTopics || topics[0] != Topic)
        {
            reason = $"{topics.Count} topics found, the first {(topics.Count > 0 ? topics[0] : "absent")}; {expectedTopics} expected, the first {Topic} of {Signature}";
            return false;
        }

        if (!AbiDecoder.TryDecode(_inData, data, out var fromData, out reason)) return false;

        var all = new object?[Parameters.Length];
        var (nextTopic, nextInData) = (1, 0);
        for (var i = 0; i < all.Length; i++)
        {
            if (!Parameters[i].Indexed) all[i] = fromData[nextInData++];
            else if (!TryReadTopic(Parameters[i].Type, topics[nextTopic++], out all[i]))
            {
                reason = $"topic {topics[nextTopic - 1]} found, a value of {Parameters[i].Type} expected";
                return false;
            }
        }

        values = new AbiValues(Parameters, all);
        return true;
    }

    /// <summary>The topic of an indexed parameter's value, for a log filter; only elementary static types have one.</summary>
    public static Hash32 TopicOf(AbiType type, object value)
    {
        if (type.Elementary is not { IsDynamic: false } elementary) throw new ArgumentException($"{type} found, a static elementary type expected", nameof(type));

        Span<byte> word = stackalloc byte[ElementaryType.WordSize];
        elementary.WriteWord(value, word);
        return Hash32.FromSpan(word);
    }

    public override string ToString() => Signature;

    private static bool TryReadTopic(AbiType type, Hash32 topic, out object? value)
    {
        value = topic;
        if (type.Elementary is not { IsDynamic: false } elementary) return true;

        Span<byte> word = stackalloc byte[Hash32.Size];
        topic.CopyTo(word);
        return elementary.TryReadWord(word, out value);
    }
}
