using System.Security.Cryptography;
using Pythia.Enclave.Attestation.Attesters;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Enclave.Verifier.Attestation;
using Pythia.Enclave.Verifier.Cbor;
using Shouldly;

namespace Pythia.Tests.Evidence;

public sealed class EnclaveEvidenceTests : IDisposable
{
    private readonly SimulatedPlatform _platform = SimulatedPlatform.Create(TimeProvider.System);
    private readonly EnclaveEvidence _evidence;
    private readonly string _folder = Directory.CreateTempSubdirectory("pythia-evidence-").FullName;

    public EnclaveEvidenceTests()
    {
        var binding = new KeyBinding(Random(64), Random(64), Random(32), Random(32), Random(32));
        var quote = _platform.Quote(new SimulatedEnclave(Random(32)), binding.ComputeReportData());
        _evidence = new EnclaveEvidence(quote, binding, 1_800_000_000, _platform.IssueCollateral());
    }

    public void Dispose()
    {
        _platform.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Encode_ThenDecode_IsTheSameByteForByte()
    {
        var encoded = _evidence.Encode();
        EnclaveEvidence.Decode(encoded, out var read).ShouldBe(CborError.None);
        read!.Encode().ShouldBe(encoded);
        read.Quote.ToArray().ShouldBe(_evidence.Quote.ToArray());
        read.Binding.ComputeReportData().ShouldBe(_evidence.Binding.ComputeReportData());
        read.Collateral.TcbInfo!.Value.ToArray().ShouldBe(_evidence.Collateral.TcbInfo!.Value.ToArray());
        read.Collateral.PckChain.ShouldBeNull();
        read.KeyEndsUnixSeconds.ShouldBe(1_800_000_000UL);
    }

    [Fact]
    public void Encode_EvidenceOfAPlatform_IsBetween8And25KB() => _evidence.Encode().Length.ShouldBeInRange(8_000, 25_000);

    [Fact]
    public void Decode_CutAnywhere_IsTruncated()
    {
        var encoded = _evidence.Encode();
        foreach (var length in PlacesIn(encoded))
        {
            EnclaveEvidence.Decode(encoded.AsSpan(0, length), out var read).ShouldBe(CborError.Truncated, $"{length}");
            read.ShouldBeNull();
        }
    }

    [Fact]
    public void Decode_SomethingBehindIt_IsTrailingBytes()
        => EnclaveEvidence.Decode([.. _evidence.Encode(), 0], out _).ShouldBe(CborError.TrailingBytes);

    [Fact]
    public void Decode_AnyByteOfTheFrameChanged_IsRefusedOrAnotherEvidence()
    {
        var encoded = _evidence.Encode();
        foreach (var at in PlacesIn(encoded))
        {
            var bytes = encoded.ToArray();
            bytes[at] ^= 0x41;
            if (EnclaveEvidence.Decode(bytes, out var read) == CborError.None) read!.Encode().ShouldBe(bytes, $"{at}");
        }
    }

    [Fact]
    public void Decode_LongerThanTheLimit_IsTooLong()
    {
        var large = _evidence with { Collateral = _evidence.Collateral with { PckChain = new byte[EnclaveEvidence.MaxBytes] } };
        Should.Throw<InvalidOperationException>(large.Encode);
        EnclaveEvidence.Decode(new byte[EnclaveEvidence.MaxBytes + 1], out _).ShouldBe(CborError.TooLong);
    }

    [Fact]
    public void Decode_MemberOfAnotherLength_IsUnexpectedItem()
    {
        var shorter = _evidence with { Binding = _evidence.Binding with { AnchorHash = Random(31) } };
        EnclaveEvidence.Decode(shorter.Encode(), out _).ShouldBe(CborError.UnexpectedItem);
    }

    [Fact]
    public void Write_ThenReadTheFolder_IsTheSame()
    {
        EnclaveEvidenceFolder.Write(_folder, _evidence);
        EnclaveEvidenceFolder.Read(_folder).Encode().ShouldBe(_evidence.Encode());

        var without = _evidence with { KeyEndsUnixSeconds = null, Collateral = _evidence.Collateral with { PckCrl = null } };
        EnclaveEvidenceFolder.Write(_folder, without);
        EnclaveEvidenceFolder.Read(_folder).Encode().ShouldBe(without.Encode());
    }

    [Theory]
    [InlineData("{}", "signingKey: 0x and 128 hex digits expected")]
    [InlineData("{\"signingKey\":\"0x00\"}", "signingKey: 0x and 128 hex digits expected")]
    [InlineData("{\"signingKey\":\"0x00\",\"signingKey\":\"0x00\"}", "binding.json")]
    [InlineData("[]", "binding.json")]
    [InlineData("{", "binding.json")]
    public void Read_DamagedBinding_NamesIt(string json, string expected)
    {
        EnclaveEvidenceFolder.Write(_folder, _evidence);
        File.WriteAllText(Path.Combine(_folder, EnclaveEvidenceFolder.BindingFile), json);
        Should.Throw<InvalidDataException>(() => EnclaveEvidenceFolder.Read(_folder)).Message.ShouldContain(expected);
    }

    [Theory]
    [InlineData("quote.bin")]
    [InlineData("binding.json")]
    public void Read_FileMissing_NamesIt(string name)
    {
        EnclaveEvidenceFolder.Write(_folder, _evidence);
        File.Delete(Path.Combine(_folder, name));
        Should.Throw<InvalidDataException>(() => EnclaveEvidenceFolder.Read(_folder)).Message.ShouldContain(name);
    }

    // Each byte of the frame before, between and behind the pieces, and some of the pieces themselves.
    private IEnumerable<int> PlacesIn(byte[] encoded)
    {
        var end = encoded.Length;
        var heads = new[] { _evidence.Quote, _evidence.Collateral.TcbInfo!.Value, _evidence.Collateral.QeIdentity!.Value, _evidence.Collateral.PckCrl!.Value }
            .Select(piece => encoded.AsSpan().IndexOf(piece.Span)).SelectMany(at => Enumerable.Range(at - 4, 4));
        return Enumerable.Range(0, 32).Concat(heads).Concat(Enumerable.Range(end - 8, 8)).Concat(Enumerable.Range(0, end / 53).Select(i => 53 * i)).Distinct();
    }

    private static byte[] Random(int length) => RandomNumberGenerator.GetBytes(length);
}
