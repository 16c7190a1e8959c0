using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Pythia.Contracts.Keys;
using Pythia.Ethereum;
using Shouldly;

namespace Pythia.Contracts.Tests.Keys;

/// <summary>Others' files are opened, ours are opened by others, and what is changed in one is refused by its name.</summary>
public sealed class KeystoreTests
{
    // The two vectors of the Web3 Secret Storage Definition (go-ethereum, accounts/keystore/testdata/v3_test_vector.json); password "testpassword".
    private const string PublishedKey = "0x7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";

    private const string PublishedScrypt = """
        {"crypto":{"cipher":"aes-128-ctr","cipherparams":{"iv":"83dbcc02d8ccb40e466191a123791e0e"},
        "ciphertext":"d172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c","kdf":"scrypt",
        "kdfparams":{"dklen":32,"n":262144,"r":1,"p":8,"salt":"ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19"},
        "mac":"2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097"},"id":"3198bc9c-6672-5ab3-d995-4942343ae5b6","version":3}
        """;

    private const string PublishedPbkdf2 = """
        {"crypto":{"cipher":"aes-128-ctr","cipherparams":{"iv":"6087dab2f9fdbbfaddc31a909735c1e6"},
        "ciphertext":"5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46","kdf":"pbkdf2",
        "kdfparams":{"c":262144,"dklen":32,"prf":"hmac-sha256","salt":"ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"},
        "mac":"517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2"},"id":"3198bc9c-6672-5ab3-d995-4942343ae5b6","version":3}
        """;

    // What geth calls a light file's derivation, so that tests are quick.
    private static readonly KeyDerivation Light = new ScryptDerivation(4096, 8, 6, new byte[32]);

    private static readonly Lazy<string> LightFile = new(() =>
    {
        using var key = EthereumKey.Parse(PublishedKey);
        return Encoding.UTF8.GetString(Write(key, "testpassword", new ScryptDerivation(4096, 8, 1, new byte[32])));
    });

    [Theory]
    [InlineData(PublishedScrypt)]
    [InlineData(PublishedPbkdf2)]
    public void Open_PublishedVector_IsItsKey(string json)
    {
        var opened = Open(json, "testpassword");
        opened.Fault.ShouldBe(KeystoreFault.None, opened.Describe());
        var number = new byte[32];
        opened.Key!.ExportPrivateKey(number);
        Hex.Format(number).ShouldBe(PublishedKey);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Write_AnyKey_IsOpenedByItsPasswordOnly(bool pbkdf2)
    {
        using var key = EthereumKey.Create();
        KeyDerivation derivation = pbkdf2 ? new Pbkdf2Derivation(100_000, new byte[32]) : Light;
        var (first, second) = (Write(key, "pässword", derivation), Write(key, "pässword", derivation));

        first.ShouldNotBe(second, "salt, iv and id are new each time");
        Open(first, "pässword").Key!.Address.ShouldBe(key.Address);
        Open(first, "passwort").Fault.ShouldBe(KeystoreFault.WrongPassword);
        Open(first, "").Fault.ShouldBe(KeystoreFault.WrongPassword);
    }

    [Fact]
    public void Write_Default_IsOpened()
    {
        using var key = EthereumKey.Create();
        Open(Write(key, "p", KeyDerivation.Default), "p").Key!.Address.ShouldBe(key.Address);
    }

    [Fact]
    public void Write_EmptyPasswordOrWeakDerivation_Throws()
    {
        using var key = EthereumKey.Create();
        Should.Throw<ArgumentException>(() => Write(key, "", Light));
        Should.Throw<ArgumentException>(() => Write(key, "p", new ScryptDerivation(2, 8, 1, new byte[32])));
    }

    [Theory]
    [InlineData("crypto/ciphertext", "0172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c", KeystoreFault.WrongPassword)]
    [InlineData("crypto/mac", "0103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097", KeystoreFault.WrongPassword)]
    [InlineData("crypto/kdfparams/salt", "0b0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19", KeystoreFault.WrongPassword)]
    [InlineData("crypto/cipherparams/iv", "03dbcc02d8ccb40e466191a123791e0e", KeystoreFault.WrongKey)] // the MAC does not cover it: only the address tells
    [InlineData("address", "0000000000000000000000000000000000000001", KeystoreFault.WrongKey)]
    [InlineData("address", "here", KeystoreFault.Malformed)]
    [InlineData("version", 1, KeystoreFault.Unsupported)]
    [InlineData("version", "3", KeystoreFault.Malformed)]
    [InlineData("version", null, KeystoreFault.Malformed)]
    [InlineData("crypto", null, KeystoreFault.Malformed)]
    [InlineData("crypto/cipher", "aes-128-cbc", KeystoreFault.Unsupported)]
    [InlineData("crypto/ciphertext", "d172bf", KeystoreFault.Malformed)]
    [InlineData("crypto/mac", "zz", KeystoreFault.Malformed)]
    [InlineData("crypto/mac", "", KeystoreFault.Malformed)]
    [InlineData("crypto/cipherparams/iv", "83dbcc02d8ccb40e466191a123791e", KeystoreFault.Malformed)]
    [InlineData("crypto/kdf", "argon2", KeystoreFault.Unsupported)]
    [InlineData("crypto/kdf", "pbkdf2", KeystoreFault.Malformed)] // no prf, no c
    [InlineData("crypto/kdfparams/dklen", 31, KeystoreFault.Unsupported)]
    [InlineData("crypto/kdfparams/n", 4095, KeystoreFault.Malformed)]
    [InlineData("crypto/kdfparams/n", 0, KeystoreFault.Malformed)]
    [InlineData("crypto/kdfparams/n", -4096, KeystoreFault.Malformed)]
    [InlineData("crypto/kdfparams/n", 1.5, KeystoreFault.Malformed)]
    [InlineData("crypto/kdfparams/n", 1024, KeystoreFault.WeakDerivation)]
    [InlineData("crypto/kdfparams/n", 4194304, KeystoreFault.HugeDerivation)]
    [InlineData("crypto/kdfparams/n", 4611686018427387904, KeystoreFault.HugeDerivation)]
    [InlineData("crypto/kdfparams/r", 1073741825, KeystoreFault.HugeDerivation)]
    [InlineData("crypto/kdfparams/p", 257, KeystoreFault.HugeDerivation)]
    [InlineData("crypto/kdfparams/p", 0, KeystoreFault.Malformed)]
    [InlineData("crypto/kdfparams/salt", "ab0c7876", KeystoreFault.WeakDerivation)]
    [InlineData("crypto/kdfparams/salt", "zz", KeystoreFault.Malformed)]
    public void Open_OneThingChanged_NamesTheFault(string path, object? value, KeystoreFault fault)
    {
        var file = JsonNode.Parse(LightFile.Value)!.AsObject();
        var names = path.Split('/');
        var parent = names[..^1].Aggregate((JsonNode)file, (node, name) => node[name]!).AsObject();
        if (value is null) parent.Remove(names[^1]);
        else parent[names[^1]] = JsonValue.Create(value);

        var opened = Open(file.ToJsonString(), "testpassword");
        opened.Fault.ShouldBe(fault, opened.Describe());
        opened.Key.ShouldBeNull();
        opened.Describe().ShouldNotContain("testpassword");
    }

    [Theory]
    [InlineData(99_999, KeystoreFault.WeakDerivation)]
    [InlineData(10_000_001, KeystoreFault.HugeDerivation)]
    [InlineData(long.MaxValue, KeystoreFault.HugeDerivation)]
    public void Open_TurnsOutsideOfTheLimits_NamesTheFault(long turns, KeystoreFault fault)
        => Open(PublishedPbkdf2.Replace("262144", $"{turns}", StringComparison.Ordinal), "testpassword").Fault.ShouldBe(fault);

    [Fact]
    public void Open_AnyCutOrFlippedBit_IsAnAnswerWithoutAKey()
    {
        using var key = EthereumKey.Create();
        var file = Write(key, "p", new ScryptDerivation(1 << 12, 8, 1, new byte[32]));
        for (var length = 0; length < file.Length - 2; length++) Open(file[..length], "p").Fault.ShouldBe(KeystoreFault.Malformed);

        var random = new Random(20260101);
        for (var turn = 0; turn < 100; turn++)
        {
            var flipped = file.ToArray();
            flipped[random.Next(flipped.Length)] ^= (byte)(1 << random.Next(8));
            var opened = Open(flipped, "p");
            if (opened.Key is { } found) found.Address.ShouldBe(key.Address, "a flip in id, white space or an unread name changes nothing");
            else opened.Fault.ShouldNotBe(KeystoreFault.None);
        }
    }

    [Fact]
    public void Open_MoreBytesThanAFileHas_IsRefused()
        => Open(PublishedScrypt + new string(' ', Keystore.MostBytes), "testpassword").Fault.ShouldBe(KeystoreFault.Malformed);

    [Fact]
    public async Task Write_ThenFoundrysCast_IsTheSameKeyBothWays()
    {
        using var folder = new KeystoreFolder();
        var cast = KeystoreFolder.FindCast();
        using var key = EthereumKey.Create();
        var number = new byte[32];
        key.ExportPrivateKey(number);

        // 1. ours, read by it
        await File.WriteAllBytesAsync(Path.Combine(folder.FullName, "ours"), Write(key, "a password", Light));
        var shown = await KeystoreFolder.RunAsync(cast, "wallet", "decrypt-keystore", "ours", "--keystore-dir", folder.FullName, "--unsafe-password", "a password");
        shown.ShouldContain(Hex.Format(number));

        // 2. its own, read by us
        await KeystoreFolder.RunAsync(cast, "wallet", "import", "theirs", "--keystore-dir", folder.FullName, "--private-key", Hex.Format(number), "--unsafe-password", "b password");
        var opened = Open(await File.ReadAllBytesAsync(Path.Combine(folder.FullName, "theirs")), "b password");
        opened.Fault.ShouldBe(KeystoreFault.None, opened.Describe());
        opened.Key!.Address.ShouldBe(key.Address);
    }

    private static OpenedKeystore Open(string json, string password) => Open(Encoding.UTF8.GetBytes(json), password);

    private static OpenedKeystore Open(byte[] json, string password) => Keystore.Open(json, Encoding.UTF8.GetBytes(password));

    private static byte[] Write(EthereumKey key, string password, KeyDerivation derivation)
    {
        using var random = RandomNumberGenerator.Create();
        return Keystore.Write(key, Encoding.UTF8.GetBytes(password), derivation, random);
    }
}

/// <summary>A folder for another program's files, and that program: Foundry's cast from npm.</summary>
internal sealed class KeystoreFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pythia-keys-");

    public string FullName => _folder.FullName;

    public static string FindCast()
        => Path.Combine(Pythia.Vectors.SharedVectors.RepositoryRoot, "Contracts", "node_modules", ".bin", "cast");

    public static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, UseShellExecute = false })!;
        process.StandardInput.Close();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var output = process.StandardOutput.ReadToEndAsync(patience.Token);
        var error = process.StandardError.ReadToEndAsync(patience.Token);
        await process.WaitForExitAsync(patience.Token);
        process.ExitCode.ShouldBe(0, await output + await error);
        return await output;
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
