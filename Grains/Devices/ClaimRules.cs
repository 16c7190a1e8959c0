using System.Security.Cryptography;
using Pythia.Contracts.Registries;
using Pythia.Ethereum;
using Pythia.Grains.Subjects;

namespace Pythia.Grains.Devices;

/// <summary>Judges the evidence of a claim as DeviceRegistry.sol does, save whether the batch is registered.</summary>
public static class ClaimRules
{
    /// <summary>Whether the batch holds the device, the QR code's key names the claimer, and so does the device.</summary>
    public static Refusal? CheckEvidence(ulong chainId, Address registry, Address claimer, ClaimEvidence evidence)
    {
        var device = new BatchDevice(evidence.DeviceId, evidence.ClaimKey, evidence.ModelId);
        var root = DeviceBatch.RootOf(device.Leaf, evidence.Proof);
        if (root != evidence.Root)
        {
            return Refusal.WrongState($"proof of device {evidence.DeviceId} leads to {root}, batch {evidence.Root} expected");
        }

        var digest = ClaimStatements.ClaimKeyMessage(chainId, registry, evidence.DeviceId, claimer).Digest;
        var fault = EcdsaSignature.Recover(digest, evidence.ClaimKeySignature.AsSpan(), out var signedBy);
        if (fault is not SignatureFault.None || signedBy != evidence.ClaimKey)
        {
            var found = fault is SignatureFault.None ? signedBy.ToString() : fault.ToString();
            return Refusal.BadSignature($"claim key: a signature of {found} found, one of {evidence.ClaimKey} over claimer {claimer} expected");
        }

        return IsDevicesWord(ClaimStatements.Claim(chainId, registry, evidence.DeviceId, claimer), evidence)
            ? null
            : Refusal.BadSignature($"the device's statement is not signed by its key over claimer {claimer}");
    }

    // ES256; a high s is taken, as in the contract.
    private static bool IsDevicesWord(byte[] statement, ClaimEvidence evidence)
    {
        byte[] signature = [.. evidence.DeviceR.ToArray(), .. evidence.DeviceS.ToArray()];
        try
        {
            using var key = ECDsa.Create(new ECParameters
            {
                Curve = ECCurve.NamedCurves.nistP256,
                Q = new ECPoint { X = evidence.KeyX.ToArray(), Y = evidence.KeyY.ToArray() },
            });
            return key.VerifyData(statement, signature, HashAlgorithmName.SHA256);
        }
        catch (CryptographicException)
        {
            return false; // no point of the curve
        }
    }
}
