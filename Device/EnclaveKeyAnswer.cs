using Pythia.Enclave.Verifier.Facts;
using Pythia.Ethereum;

namespace Pythia.Device;

/// <summary>What another enclave says of an enclave's key: a device learns revocations and rotations by it. Any doubt is a no.</summary>
/// <param name="Answer">What it rests on. A key's own word about itself is a fault (OwnKey), and an enclave refuses to give it.</param>
public sealed record EnclaveKeyAnswer(DeviceAnswer Answer)
{
    private const ulong Active = 1;

    /// <summary>True only while a usable answer says that the key is active, at a block not after the key's own end.</summary>
    public bool IsActive => Answer.IsUsable && Status == Active && Answer.Body!.UnixSeconds <= NotAfterUnixSeconds;

    /// <summary>1 active, 2 revoked, 3 faulted, 4 withdrawn with its measurement or configuration, 5 expired; 0 unknown, or with a fault.</summary>
    public ulong Status => Values is [{ Number: var status }, ..] ? status : 0;

    /// <summary>The key's last second in block time; 0 where it is unknown.</summary>
    public ulong NotAfterUnixSeconds => Values is [_, { Number: var notAfter }, ..] ? notAfter : 0;

    /// <summary>The measurement (MRENCLAVE) that it is registered under, 32 bytes; zero once withdrawn, null where it is unknown.</summary>
    public Hash32? Measurement => Values is [_, _, { Bytes: var measurement }, _] ? Hash32.FromSpan(measurement.Span) : null;

    /// <summary>Who runs its enclave: 16 bytes; empty where it is unknown. Two answers are of different operators when these differ.</summary>
    public ReadOnlyMemory<byte> Operator => Values is [_, _, _, { Bytes: var operatorId }] ? operatorId : default;

    // The form was checked with the signature (FactForm).
    private IReadOnlyList<FactValue> Values => Answer.Results is [{ Shape: FactResultShape.Array } result] ? result.Values : [];
}

/// <summary>Questions about enclaves' keys.</summary>
public static class EnclaveKeyQuestions
{
    /// <summary>Is this key an enclave's, endorsed and in force? Ask by a way that leads to another enclave than the key's.</summary>
    /// <param name="device">Who asks.</param>
    /// <param name="keyId">SHA-256 of x ‖ y.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public static async Task<EnclaveKeyAnswer> AskAboutKeyAsync(this DeviceClient device, Hash32 keyId, CancellationToken cancellationToken = default)
        => new(await device.AskAsync([Fact.PythiaKey(keyId)], cancellationToken));
}
