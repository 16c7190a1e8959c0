using System.Security.Cryptography;
using Pythia.Contracts.Keys;
using Pythia.Ethereum;
using Pythia.Silo.Commands;
using Pythia.Silo.Options;

namespace Pythia.Silo.Keys;

/// <summary>The keys of the relaying accounts, from settings or from the encrypted files that settings name.</summary>
internal static class RelayKeys
{
    /// <summary>Opens all of them; the caller disposes of them.</summary>
    /// <exception cref="StartException">A file is missing, open to others, damaged or of another password, or two name one account.</exception>
    public static IReadOnlyList<EthereumKey> Open(RelayOptions options)
    {
        var keys = new List<EthereumKey>();
        try
        {
            var settings = new Dictionary<Address, string>();
            foreach (var (setting, account) in options.Named())
            {
                var key = string.IsNullOrEmpty(account.KeystoreFile) ? EthereumKey.Parse(account.Key) : Open(setting, account.KeystoreFile, account.PasswordFile!);
                keys.Add(key);
                if (!settings.TryAdd(key.Address, setting))
                    throw new StartException($"{setting}: account {key.Address} found, another than that of {settings[key.Address]} expected", SiloCommandLine.WrongInput);
            }

            return keys;
        }
        catch
        {
            foreach (var key in keys) key.Dispose();
            throw;
        }
    }

    private static EthereumKey Open(string setting, string keystoreFile, string passwordFile)
    {
        var json = SecretFile.Read($"{setting}:{nameof(RelayAccountOptions.KeystoreFile)}", keystoreFile, Keystore.MostBytes);
        var password = SecretFile.ReadLine($"{setting}:{nameof(RelayAccountOptions.PasswordFile)}", passwordFile);
        try
        {
            var opened = Keystore.Open(json, password);
            return opened.Key ?? throw new StartException($"{setting}:{nameof(RelayAccountOptions.KeystoreFile)}: {Path.GetFullPath(keystoreFile)}: {opened.Describe()}", SiloCommandLine.WrongInput);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(password);
        }
    }
}
