using System.Runtime.CompilerServices;
using Orleans.Serialization;

namespace Pythia.Embedded.Serialization;

/// <summary>One copy of a message: what was one object stays one object in the copy, cycles too.</summary>
public sealed class CopyContext
{
    private const int FewObjects = 8;
    private readonly List<(object From, object To)> _few = [];
    private Dictionary<object, object>? _many;
    private int _depth;

    public T Copy<T>(T value)
    {
        var codec = Codec<T>.Shared;
        return codec.IsImmutable ? value : codec.Copy(value, this);
    }

    /// <summary>Says what the copy of <paramref name="from"/> is, before its members are copied.</summary>
    public void Record(object from, object to)
    {
        if (_many is not null)
        {
            _many[from] = to;
            return;
        }

        _few.Add((from, to));
        if (_few.Count > FewObjects)
        {
            _many = new Dictionary<object, object>(ReferenceEqualityComparer.Instance);
            _few.ForEach(pair => _many[pair.From] = pair.To);
        }
    }

    internal bool TryFind(object from, out object? to)
    {
        to = null;
        if (_many is not null)
        {
            return _many.TryGetValue(from, out to);
        }

        foreach (var (seen, copy) in _few)
        {
            if (ReferenceEquals(seen, from))
            {
                to = copy;
                return true;
            }
        }

        return false;
    }

    internal void Enter()
    {
        if (++_depth > MessageWriter.MaxDepth)
        {
            throw new SerializerException($"more than {MessageWriter.MaxDepth} values are in one another; a message is a tree of few levels");
        }

        RuntimeHelpers.EnsureSufficientExecutionStack();
    }

    internal void Leave() => _depth--;
}
