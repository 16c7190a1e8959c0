using Shouldly;

namespace Pythia.Device.Tests;

/// <summary>The highest head survives a restart, and damage is never taken for a first start.</summary>
public sealed class FileDeviceStoreTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pythia-device-");

    private string FilePath => Path.Combine(_folder.FullName, "memory");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Load_NothingStored_IsNothing()
        => (await new FileDeviceStore(FilePath).LoadAsync()).ShouldBe(DeviceMemory.Nothing);

    [Fact]
    public async Task Load_AfterStores_IsTheLast()
    {
        await new FileDeviceStore(FilePath).StoreAsync(new DeviceMemory(1, 2));
        await new FileDeviceStore(FilePath).StoreAsync(new DeviceMemory(ulong.MaxValue, 1_800_000_000));
        (await new FileDeviceStore(FilePath).LoadAsync()).ShouldBe(new DeviceMemory(ulong.MaxValue, 1_800_000_000));
        Directory.GetFiles(_folder.FullName).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Load_AnyByteChangedOrCut_StopsAndNamesTheFile()
    {
        await new FileDeviceStore(FilePath).StoreAsync(new DeviceMemory(100, 1_800_000_000));
        var bytes = await File.ReadAllBytesAsync(FilePath);
        for (var i = 0; i < bytes.Length; i++)
        {
            var changed = bytes.ToArray();
            changed[i] ^= 1;
            await DamagedAsync(changed);
            await DamagedAsync(bytes[..i]);
        }
    }

    [Fact]
    public async Task Load_RestOfAnInterruptedStore_IsTheOldOne()
    {
        await new FileDeviceStore(FilePath).StoreAsync(new DeviceMemory(100, 1_800_000_000));
        await File.WriteAllBytesAsync(FilePath + ".new", [1, 2, 3]);
        (await new FileDeviceStore(FilePath).LoadAsync()).Block.ShouldBe(100UL);
        await new FileDeviceStore(FilePath).StoreAsync(new DeviceMemory(101, 1_800_000_001));
        (await new FileDeviceStore(FilePath).LoadAsync()).Block.ShouldBe(101UL);
    }

    private async Task DamagedAsync(byte[] bytes)
    {
        await File.WriteAllBytesAsync(FilePath, bytes);
        (await Should.ThrowAsync<DeviceStoreException>(() => new FileDeviceStore(FilePath).LoadAsync().AsTask())).Message.ShouldContain(FilePath);
    }
}
