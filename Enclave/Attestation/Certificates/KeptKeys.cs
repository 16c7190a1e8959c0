namespace Pythia.Enclave.Attestation.Certificates;

/// <summary>Imported keys of earlier checks; the one used longest ago goes first. Safe for concurrent calls.</summary>
internal sealed class KeptKeys(int capacity)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<P256Key>> _byBytes = new(StringComparer.Ordinal);
    private readonly LinkedList<P256Key> _byUse = new();

    /// <summary>Null when the 64 bytes are no point of the curve, which is not remembered. A key stays usable after it was let go: the last who holds it frees it.</summary>
    public P256Key? Find(ReadOnlySpan<byte> publicKey)
    {
        var name = Convert.ToHexString(publicKey);
        lock (_gate)
        {
            if (_byBytes.TryGetValue(name, out var known))
            {
                _byUse.Remove(known);
                _byUse.AddFirst(known);
                return known.Value;
            }
        }

        var key = P256Key.TryImport(publicKey);
        if (key is not null) Keep(name, key);
        return key;
    }

    private void Keep(string name, P256Key key)
    {
        lock (_gate)
        {
            if (!_byBytes.TryAdd(name, _byUse.AddFirst(key)))
            {
                _byUse.RemoveFirst();
                return;
            }

            if (_byBytes.Count <= capacity) return;

            _byBytes.Remove(Convert.ToHexString(_byUse.Last!.Value.Bytes.Span));
            _byUse.RemoveLast();
        }
    }
}
