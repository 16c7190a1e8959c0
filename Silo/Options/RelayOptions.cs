using System.ComponentModel.DataAnnotations;
using Pythia.Gateway.Settings;

namespace Pythia.Silo.Options;

/// <summary>
/// The accounts that carry intents to the chain, section <c>Relay</c>: one here, or several in <see cref="Accounts"/>, never both. With nodes
/// of <see cref="ChainOptions.Rpc"/> one is required; on the development chain a well-known funded account is taken where none is named.
/// </summary>
public sealed class RelayOptions
{
    public const string Section = "Relay";

    /// <inheritdoc cref="RelayAccountOptions.Key"/>
    [Secret, HexBytes(32)]
    public string? Key { get; set; }

    /// <inheritdoc cref="RelayAccountOptions.KeystoreFile"/>
    public string? KeystoreFile { get; set; }

    /// <inheritdoc cref="RelayAccountOptions.PasswordFile"/>
    public string? PasswordFile { get; set; }

    /// <summary>Several accounts, a lane each; the first also deploys. 0 to 64, default none.</summary>
    [Length(0, 64)]
    public IList<RelayAccountOptions> Accounts { get; } = [];

    /// <summary>The accounts that are named, each with the key of its settings: <c>Relay</c> or <c>Relay:Accounts:N</c>.</summary>
    public IReadOnlyList<(string Setting, RelayAccountOptions Account)> Named()
        => IsSingle
            ? [(Section, new RelayAccountOptions { Key = Key, KeystoreFile = KeystoreFile, PasswordFile = PasswordFile })]
            : [.. Accounts.Select((account, at) => ($"{Section}:{nameof(Accounts)}:{at}", account))];

    /// <summary>What the settings can't mean together.</summary>
    public IEnumerable<SettingProblem> FindContradictions()
        => Named().SelectMany(named => named.Account.FindContradictions(named.Setting)).Concat(IsSingle && Accounts.Count > 0
            ? [new($"{Section}:{nameof(Accounts)}", $"{Accounts.Count} entries", $"none beside an account of {Section} itself: one account there, or all of them in the list")]
            : []);

    private bool IsSingle => new[] { Key, KeystoreFile, PasswordFile }.Any(value => !string.IsNullOrEmpty(value));
}

/// <summary>One account: its key, or an encrypted file that holds it.</summary>
public sealed class RelayAccountOptions
{
    /// <summary>Its secp256k1 private key, 0x and 64 hex digits.</summary>
    [Secret, HexBytes(32)]
    public string? Key { get; set; }

    /// <summary>A key file encrypted as Web3 Secret Storage version 3; <c>key new</c> makes one. Nobody else may read it.</summary>
    public string? KeystoreFile { get; set; }

    /// <summary>A file with the password of <see cref="KeystoreFile"/>: UTF-8, one line ending at its end is not part of it. Nobody else may read it.</summary>
    public string? PasswordFile { get; set; }

    internal IEnumerable<SettingProblem> FindContradictions(string setting)
    {
        var (key, file, password) = (!string.IsNullOrEmpty(Key), !string.IsNullOrEmpty(KeystoreFile), !string.IsNullOrEmpty(PasswordFile));
        if (key && file) yield return new($"{setting}:{nameof(KeystoreFile)}", "a file beside a key", "one of the two");
        if (!key && !file) yield return new($"{setting}:{nameof(KeystoreFile)}", "nothing", $"a file, or a key in {setting}:{nameof(Key)}");
        if (file && !password) yield return new($"{setting}:{nameof(PasswordFile)}", "nothing", "the file with the password of the keystore file");
        if (password && !file) yield return new($"{setting}:{nameof(PasswordFile)}", $"'{PasswordFile}'", "nothing without a keystore file");
    }
}
