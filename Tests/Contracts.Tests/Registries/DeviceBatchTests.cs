using Pythia.Contracts.Registries;
using Pythia.Ethereum;
using Shouldly;

namespace Pythia.Contracts.Tests.Registries;

public sealed class DeviceBatchTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(1000)]
    public void ProofOf_EveryDevice_LeadsToTheRoot(int count)
    {
        var batch = new DeviceBatch(Devices(count));
        batch.Count.ShouldBe((uint)count);
        foreach (var device in batch.Devices)
        {
            var proof = batch.ProofOf(device);
            proof.Length.ShouldBeLessThanOrEqualTo(10);
            DeviceBatch.RootOf(device.Leaf, proof).ShouldBe(batch.Root);
        }
    }

    [Fact]
    public void ProofOf_ADeviceOfAnotherBatch_IsRefused()
    {
        var batch = new DeviceBatch(Devices(4));
        Should.Throw<ArgumentException>(() => batch.ProofOf(Devices(5)[4])).Message.ShouldContain("not found in the batch");
    }

    [Fact]
    public void Root_OrderOfDevices_DoesNotMatter()
        => new DeviceBatch(Devices(9).AsEnumerable().Reverse()).Root.ShouldBe(new DeviceBatch(Devices(9)).Root);

    [Fact]
    public void New_NoDeviceOrOneTwice_IsRefused()
    {
        Should.Throw<ArgumentException>(() => new DeviceBatch([])).Message.ShouldContain("no device found");
        Should.Throw<ArgumentException>(() => new DeviceBatch([.. Devices(2), .. Devices(1)])).Message.ShouldContain("found twice");
    }

    private static BatchDevice[] Devices(int count)
        => [.. Enumerable.Range(0, count).Select(i => new BatchDevice(Keccak256.HashData(BitConverter.GetBytes(i)), Samples.Account(1), Samples.Word(2)))];
}
