using System.Buffers;
using System.Text.Json;
using Pythia.Enclave.Verifier.Json;
using Pythia.Ethereum;

namespace Pythia.Enclave.Host.Proofs;

/// <summary>
/// Writes <c>{"header":"0x… RLP","proofs":[…]}</c> from proofs that hold, each with the members of <c>eth_getProof</c> (EIP-1186) and no other: what else
/// a node put into its reply goes no further.
/// </summary>
internal static class RawProofJson
{
    public static byte[] Write(ReadOnlyMemory<byte> headerRlp, IEnumerable<AccountProof> proofs)
    {
        var bytes = new ArrayBufferWriter<byte>(4_096);
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("header", Hex.Format(headerRlp.Span));
            json.WriteStartArray("proofs");
            foreach (var proof in proofs) Write(json, proof);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return bytes.WrittenSpan.ToArray();
    }

    private static void Write(Utf8JsonWriter json, AccountProof proof)
    {
        json.WriteStartObject();
        json.WriteString("address", proof.Address.ToString());
        json.WriteString("balance", Quantity(proof.BalanceWei));
        json.WriteString("codeHash", proof.CodeHash.ToString());
        json.WriteString("nonce", $"0x{proof.Nonce:x}");
        json.WriteString("storageHash", proof.StorageRoot.ToString());
        WriteNodes(json, "accountProof", proof.Nodes);
        json.WriteStartArray("storageProof");
        foreach (var slot in proof.Slots)
        {
            json.WriteStartObject();
            json.WriteString("key", slot.Slot.ToString());
            json.WriteString("value", Quantity(slot.Value));
            WriteNodes(json, "proof", slot.Nodes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteNodes(Utf8JsonWriter json, string name, ReadOnlyMemory<byte>[] nodes)
    {
        json.WriteStartArray(name);
        foreach (var node in nodes) json.WriteStringValue(Hex.Format(node.Span));
        json.WriteEndArray();
    }

    // Without leading zeros; zero is 0x0 (Ethereum JSON-RPC, "Hex value encoding").
    private static string Quantity(Hash32 word)
    {
        var digits = word.ToString().AsSpan(2).TrimStart('0');
        return digits.IsEmpty ? "0x0" : $"0x{digits}";
    }
}
