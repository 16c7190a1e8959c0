using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using Pythia.Contracts.Keys;
using Pythia.Silo.Keys;

namespace Pythia.Silo.Commands;

/// <summary><c>key new</c>, <c>key import</c>, <c>key show</c>: keystore files for <c>Relay:KeystoreFile</c>. No key and no password is ever an argument or a line of output.</summary>
internal static class KeyCommand
{
    private const string PasswordFile = "--password-file";

    public static Command Build() => new("key", "Makes and checks encrypted key files (Web3 Secret Storage version 3) for Relay:KeystoreFile.")
    {
        BuildNew(),
        BuildImport(),
        BuildShow(),
    };

    private static Command BuildNew()
    {
        var (file, password) = Parts("A new file; it is not overwritten.");
        var command = new Command("new", "Makes a random key in FILE and says its address.") { file, password };
        command.SetAction(parsed =>
        {
            using var key = EthereumKey.Create();
            return Write(key, parsed.GetRequiredValue(file), parsed.GetValue(password));
        });
        return command;
    }

    private static Command BuildImport()
    {
        var (file, password) = Parts("A new file; it is not overwritten.");
        var command = new Command("import", "Puts a private key that is typed or piped in, 0x and 64 hex digits, into FILE and says its address.") { file, password };
        command.SetAction(parsed =>
        {
            using var key = ReadKey();
            return Write(key, parsed.GetRequiredValue(file), parsed.GetValue(password));
        });
        return command;
    }

    private static Command BuildShow()
    {
        var (file, password) = Parts("A keystore file.");
        var command = new Command("show", "Opens FILE with its password and says its address. The key itself is never shown.") { file, password };
        command.SetAction(parsed =>
        {
            var path = parsed.GetRequiredValue(file).FullName;
            var json = SecretFile.Read("FILE", path, Keystore.MostBytes);
            var secret = ReadPassword(parsed.GetValue(password), isNew: false);
            try
            {
                var opened = Keystore.Open(json, secret);
                using var key = opened.Key ?? throw new StartException($"{path}: {opened.Describe()}");
                Console.Out.WriteLine(key.Address.ToChecksumString());
                return SiloCommandLine.AllHolds;
            }
            finally
            {
                CryptographicOperations.ZeroMemory(secret);
            }
        });
        return command;
    }

    private static (Argument<FileInfo> File, Option<FileInfo?> Password) Parts(string file)
        => (new Argument<FileInfo>("FILE") { Description = file },
            new Option<FileInfo?>(PasswordFile) { Description = "A file with the password, which nobody else may read; else it is typed or piped in." });

    private static int Write(EthereumKey key, FileInfo file, FileInfo? passwordFile)
    {
        var password = ReadPassword(passwordFile, isNew: true);
        try
        {
            using var random = RandomNumberGenerator.Create();
            SecretFile.Create("FILE", file.FullName, Keystore.Write(key, password, KeyDerivation.Default, random));
            Console.Out.WriteLine(key.Address.ToChecksumString());
            return SiloCommandLine.AllHolds;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(password);
        }
    }

    private static EthereumKey ReadKey()
    {
        var line = SecretInput.ReadLine("private key");
        Span<char> text = stackalloc char[2 + (2 * EthereumKey.PrivateKeySize)];
        try
        {
            return line.Length == text.Length && Encoding.ASCII.GetChars(line, text) == text.Length
                ? EthereumKey.Parse(text)
                : throw new FormatException();
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            throw new StartException("private key: something else found, 0x and 64 hex digits of a number below the curve's order expected", SiloCommandLine.WrongInput);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(line);
            text.Clear();
        }
    }

    // A new one is typed twice: nobody sees what it is.
    private static byte[] ReadPassword(FileInfo? file, bool isNew)
    {
        if (file is not null) return SecretFile.ReadLine(PasswordFile, file.FullName);

        var password = SecretInput.ReadLine("password");
        if (!isNew || Console.IsInputRedirected) return password;

        var again = SecretInput.ReadLine("password again");
        var same = password.AsSpan().SequenceEqual(again);
        CryptographicOperations.ZeroMemory(again);
        if (same) return password;

        CryptographicOperations.ZeroMemory(password);
        throw new StartException("password: two different ones found, the same twice expected", SiloCommandLine.WrongInput);
    }
}
