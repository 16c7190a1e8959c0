using Pythia.Contracts.Abi;

namespace Pythia.Contracts.Registries;

/// <summary>Reads what a contract of ours gave as reason.</summary>
public static class RegistryErrors
{
    /// <summary>For people: <c>DeviceNotOwner(deviceId: 0x…, actor: 0x…, owner: 0x…)</c>.</summary>
    public static string Describe(ReadOnlySpan<byte> revertData) => RegistryAbi.All.DescribeRevert(revertData);

    /// <summary>The error's name, or null for one that is none of ours.</summary>
    public static string? NameOf(ReadOnlySpan<byte> revertData) => TryDecode(revertData, out var name, out _) ? name : null;

    /// <summary>The error's name and values.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> revertData, out string name, out AbiValues values)
    {
        var found = RegistryAbi.All.TryDecodeError(revertData, out var error, out values);
        name = error?.Name ?? string.Empty;
        return found;
    }
}
