using System.Collections.Immutable;
using System.Text;
using Pythia.Ethereum;

namespace Pythia.Contracts.Abi;

/// <summary>A function of a contract: its selector, its calls and their answers.</summary>
public sealed class AbiFunction
{
    /// <summary>Bytes of a selector.</summary>
    public const int SelectorSize = 4;

    private readonly byte[] _selector;

    public AbiFunction(string name, ImmutableArray<AbiParameter> inputs, ImmutableArray<AbiParameter> outputs)
    {
        (Name, Inputs, Outputs) = (name, inputs, outputs);
        Signature = $"{name}({string.Join(',', inputs.Select(i => i.Type.Name))})";
        _selector = Keccak256.HashData(Encoding.UTF8.GetBytes(Signature)).ToArray()[..SelectorSize];
    }

    public string Name { get; }

    public ImmutableArray<AbiParameter> Inputs { get; }

    public ImmutableArray<AbiParameter> Outputs { get; }

    /// <summary>Name and canonical types: <c>transfer(address,uint256)</c>.</summary>
    public string Signature { get; }

    /// <summary>The first 4 bytes of the signature's Keccak-256 hash.</summary>
    public ReadOnlySpan<byte> Selector => _selector;

    /// <summary>Reads <c>function ownerOf(uint256 id) view returns (address)</c>; the keyword and names may be left out.</summary>
    /// <exception cref="FormatException">Not such a declaration.</exception>
    public static AbiFunction Parse(string declaration)
    {
        var (name, inputs, outputs) = AbiParser.ParseDeclaration(declaration, "function");
        return new AbiFunction(name, inputs, outputs);
    }

    /// <summary>The call data: selector and inputs.</summary>
    /// <exception cref="ArgumentException">A value is missing, too much, not of its type or out of its range.</exception>
    public byte[] Encode(params ReadOnlySpan<object?> values) => AbiEncoder.Encode(Inputs, values, _selector);

    /// <summary>Reads a call's inputs; false also if the data is another function's.</summary>
    /// <param name="reason">What was found and expected; empty when decoded.</param>
    public bool TryDecodeInputs(ReadOnlySpan<byte> callData, out AbiValues inputs, out string reason)
    {
        if (callData.StartsWith(_selector)) return AbiDecoder.TryDecode(Inputs, callData[SelectorSize..], out inputs, out reason);

        inputs = new AbiValues([], []);
        reason = $"selector {Hex.Format(callData[..Math.Min(SelectorSize, callData.Length)])} found, {Hex.Format(_selector)} of {Signature} expected";
        return false;
    }

    /// <summary>Reads what a call returned.</summary>
    /// <param name="reason">What was found and expected; empty when decoded.</param>
    public bool TryDecodeOutputs(ReadOnlySpan<byte> data, out AbiValues outputs, out string reason) => AbiDecoder.TryDecode(Outputs, data, out outputs, out reason);

    /// <summary>Reads what a call returned.</summary>
    /// <exception cref="FormatException">The data is not of the outputs' types.</exception>
    public AbiValues DecodeOutputs(ReadOnlySpan<byte> data)
        => TryDecodeOutputs(data, out var outputs, out var reason) ? outputs : throw new FormatException($"answer of {Signature}: {reason}");

    public override string ToString() => Signature;
}

/// <summary>A custom error of a contract: a selector and parameters, as functions have them.</summary>
public sealed class AbiError(string name, ImmutableArray<AbiParameter> parameters)
{
    private readonly AbiFunction _call = new(name, parameters, []);

    public string Name => _call.Name;

    public string Signature => _call.Signature;

    public ImmutableArray<AbiParameter> Parameters => _call.Inputs;

    /// <summary>The first 4 bytes of the signature's Keccak-256 hash.</summary>
    public ReadOnlySpan<byte> Selector => _call.Selector;

    /// <summary>Reads <c>error ConsentUnknown(bytes32 id)</c>; the keyword and names may be left out.</summary>
    /// <exception cref="FormatException">Not such a declaration.</exception>
    public static AbiError Parse(string declaration)
    {
        var (name, parameters, _) = AbiParser.ParseDeclaration(declaration, "error");
        return new AbiError(name, parameters);
    }

    /// <summary>Reads revert data; false also if it is another error's.</summary>
    /// <param name="reason">What was found and expected; empty when decoded.</param>
    public bool TryDecode(ReadOnlySpan<byte> revertData, out AbiValues values, out string reason) => _call.TryDecodeInputs(revertData, out values, out reason);

    /// <summary>The error's data, as a revert carries it.</summary>
    public byte[] Encode(params ReadOnlySpan<object?> values) => _call.Encode(values);

    public override string ToString() => Signature;
}
