using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Pythia.Silo.Commands;

namespace Pythia.Silo.Backups;

/// <summary>What a backup holds, in <c>manifest.json</c>; <c>manifest.sha256</c> beside it holds that file's own hash, as sha256sum writes it.</summary>
/// <param name="Format">Of this file; a higher one is of a later version of this program.</param>
/// <param name="StorageSchema">Of the storage files' tables; a higher one is of a later version of this program.</param>
/// <param name="ChainId">EIP-155, of the contracts that the states mirror.</param>
/// <param name="GenesisHash">Hash of that chain's block 0, 0x and 64 hex digits.</param>
/// <param name="MadeAt">When the states were as they are in it.</param>
/// <param name="Shards">Files that the grains' states are spread over.</param>
/// <param name="Files">All others.</param>
public sealed record BackupManifest(
    int Format, int StorageSchema, ulong ChainId, string GenesisHash, DateTimeOffset MadeAt, int Shards, IReadOnlyList<BackupFile> Files)
{
    public const int NewestFormat = 1;
    public const string FileName = "manifest.json";
    public const string HashName = "manifest.sha256";

    private const int MostBytes = 1 << 20;

    /// <summary>Writes both files; on the disk when this returns.</summary>
    public void Save(string folder)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(this, BackupJson.Default.BackupManifest);
        DurableFiles.Write(Path.Combine(folder, FileName), json);
        DurableFiles.Write(Path.Combine(folder, HashName), System.Text.Encoding.ASCII.GetBytes($"{Convert.ToHexStringLower(SHA256.HashData(json))}  {FileName}\n"));
    }

    /// <exception cref="StartException">No backup, damaged, or of a later version.</exception>
    public static BackupManifest Load(string folder)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            if (new FileInfo(path) is not { Exists: true, Length: <= MostBytes }) throw new StartException($"{folder}: no backup found: a folder with {FileName} expected");

            var json = File.ReadAllBytes(path);
            var found = Convert.ToHexStringLower(SHA256.HashData(json));
            var expected = File.ReadAllText(Path.Combine(folder, HashName)).Split(' ')[0];
            if (found != expected) throw new StartException($"{path} is damaged: SHA-256 {found} found, {expected} expected");

            var manifest = JsonSerializer.Deserialize(json, BackupJson.Default.BackupManifest) ?? throw new JsonException("nothing found");
            manifest.Check(path);
            return manifest;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new StartException($"{path}: {e.Message}", e);
        }
    }

    private void Check(string path)
    {
        if (Format > NewestFormat) throw new StartException($"{path}: format {Format} found, at most {NewestFormat} expected: a later version of this program made it");
        if (Files is not { Count: > 0 }) throw new StartException($"{path}: no files found, some expected");
        foreach (var file in Files)
        {
            // A manifest never leads out of its folder.
            if (!BackupFile.IsKnown(file.Name)) throw new StartException($"{path}: file '{file.Name}' found, one of a data folder expected");
        }
    }
}

/// <summary>One file of a backup.</summary>
/// <param name="Name">Without a folder.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">64 hex digits.</param>
public sealed record BackupFile(string Name, long Bytes, string Sha256)
{
    /// <summary>Names the contracts on the chain.</summary>
    public const string Contracts = "contracts.json";

    /// <summary>State of a development chain of our own.</summary>
    public const string Chain = "chain.json";

    /// <summary>Whether a backup may hold a file of this name.</summary>
    public static bool IsKnown(string? name)
        => name is Contracts or Chain || (name is not null && name == Path.GetFileName(name) && name.EndsWith(".db", StringComparison.Ordinal) && !name.StartsWith('.'));
}

/// <summary>The manifest's form.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(BackupManifest))]
internal sealed partial class BackupJson : JsonSerializerContext;
