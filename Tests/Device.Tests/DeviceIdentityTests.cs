using System.Security.Cryptography;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Ethereum;
using Shouldly;

namespace Pythia.Device.Tests;

/// <summary>A device's statements, checked by OpenSSL with the public key alone.</summary>
public sealed class DeviceIdentityTests
{
    private static readonly Address Manufacturer = Address.Parse("0x00000000000000000000000000000000000000aa");
    private static readonly Address Registry = Address.Parse("0x00000000000000000000000000000000000000cc");
    private static readonly Address Claimer = Address.Parse("0x00000000000000000000000000000000000000dd");

    [Fact]
    public void ClaimStatement_Layout_IsAsTheContractPacksIt()
        => Hex.Format(DeviceIdentity.ClaimStatement(31337, Registry, Hash32.FromUInt64(5), Claimer)).ShouldBe(
            "0x" + Convert.ToHexStringLower("pythia/claim/1"u8)
            + "0000000000000000000000000000000000000000000000000000000000007a69"
            + "00000000000000000000000000000000000000cc"
            + "0000000000000000000000000000000000000000000000000000000000000005"
            + "00000000000000000000000000000000000000dd");

    [Fact]
    public void SignClaim_ManyTimes_HoldsWithLowS()
    {
        using var device = DeviceIdentity.Create(Manufacturer);
        using var key = Es256Key.TryImport(device.PublicKey).ShouldNotBeNull();
        var statement = DeviceIdentity.ClaimStatement(31337, Registry, device.DeviceId, Claimer);
        for (var i = 0; i < 32; i++)
        {
            var signature = device.SignClaim(31337, Registry, Claimer);
            Es256Key.IsLowS(signature).ShouldBeTrue();
            key.Verify(statement, signature).ShouldBeTrue();
        }
    }

    [Fact]
    public void SignClaim_AnyFieldOther_DoesNotHold()
    {
        using var device = DeviceIdentity.Create(Manufacturer);
        using var key = Es256Key.TryImport(device.PublicKey).ShouldNotBeNull();
        var signature = device.SignClaim(31337, Registry, Claimer);
        key.Verify(DeviceIdentity.ClaimStatement(1, Registry, device.DeviceId, Claimer), signature).ShouldBeFalse();
        key.Verify(DeviceIdentity.ClaimStatement(31337, Claimer, device.DeviceId, Claimer), signature).ShouldBeFalse();
        key.Verify(DeviceIdentity.ClaimStatement(31337, Registry, Hash32.Zero, Claimer), signature).ShouldBeFalse();
        key.Verify(DeviceIdentity.ClaimStatement(31337, Registry, device.DeviceId, Registry), signature).ShouldBeFalse();
    }

    [Fact]
    public void Import_Exported_IsTheSameDevice()
    {
        using var device = DeviceIdentity.Create(Manufacturer);
        using var again = DeviceIdentity.Import(device.Export(), Manufacturer);
        again.DeviceId.ShouldBe(device.DeviceId);
        DeviceIdentity.ComputeDeviceId(Manufacturer, device.PublicKey).ShouldBe(Keccak256.HashData([.. Manufacturer.ToArray(), .. device.PublicKey]));

        using var otherCurve = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        Should.Throw<CryptographicException>(() => DeviceIdentity.Import(otherCurve.ExportPkcs8PrivateKey(), Manufacturer));
        Should.Throw<CryptographicException>(() => DeviceIdentity.Import([1, 2, 3], Manufacturer));
    }
}
