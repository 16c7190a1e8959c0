using System.Security.Cryptography;
using Pythia.Enclave.Verifier.Attestation;
using Shouldly;

namespace Pythia.Tests.Evidence;

public sealed class KeyBindingTests
{
    private static readonly KeyBinding Binding = new(Filled(64, 1), Filled(64, 2), Filled(32, 3), Filled(32, 4), Filled(32, 5));

    [Fact]
    public void ComputeReportData_AllMembers_IsTheirHashInOrderAndZeros()
    {
        byte[] expected =
        [
            .. SHA256.HashData([.. "pythia/1"u8, .. Filled(64, 1), .. Filled(64, 2), .. Filled(32, 3), .. Filled(32, 4), .. Filled(32, 5)]),
            .. new byte[32],
        ];
        Binding.ComputeReportData().ShouldBe(expected);
    }

    [Fact]
    public void ComputeReportData_MemberOfAnotherLength_IsNamed()
        => Should.Throw<ArgumentException>(() => (Binding with { AnchorHash = Filled(31, 4) }).ComputeReportData())
            .Message.ShouldStartWith("AnchorHash: 31 bytes found, 32 expected");

    private static byte[] Filled(int length, byte value) => [.. Enumerable.Repeat(value, length)];
}
