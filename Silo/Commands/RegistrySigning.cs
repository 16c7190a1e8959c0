using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using Pythia.Contracts.Keys;
using Pythia.Contracts.Registries;
using Pythia.Ethereum;
using Pythia.Silo.Keys;

namespace Pythia.Silo.Commands;

/// <summary>The part of the registry's commands that needs no network: what an endorser reads and signs.</summary>
internal static class RegistrySigning
{
    /// <summary>Shows the act on standard error, so that who signs sees it, and prints the signature on standard output.</summary>
    public static int Sign(FileInfo file, FileInfo keystoreFile, FileInfo passwordFile)
    {
        var message = Read(file);
        Console.Error.WriteLine($"{message.Schema.PrimaryType} at {message.Domain.VerifyingContract} of chain {message.Domain.ChainId}:");
        var fields = new TypedDataFields(message);
        foreach (var name in message.Values.Keys) Console.Error.WriteLine($"  {name}: {fields.Show(name)}");

        var json = SecretFile.Read("--keystore-file", keystoreFile.FullName, Keystore.MostBytes);
        var password = SecretFile.ReadLine("--password-file", passwordFile.FullName);
        try
        {
            var opened = Keystore.Open(json, password);
            using var key = opened.Key ?? throw new StartException($"{keystoreFile.FullName}: {opened.Describe()}", SiloCommandLine.WrongInput);
            Console.Error.WriteLine($"signed by {key.Address.ToChecksumString()}");
            Console.Out.WriteLine(Hex.Format(key.Sign(message.Digest).ToArray()));
            return SiloCommandLine.AllHolds;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(password);
        }
    }

    /// <summary>Reads what <c>registry prepare</c> printed; other typed data is refused, so that nothing else is signed by it.</summary>
    /// <exception cref="StartException">The file is missing, damaged, or of something else.</exception>
    public static TypedDataMessage Read(FileInfo file)
    {
        if (!file.Exists) throw new StartException($"no file {file.FullName} found", SiloCommandLine.WrongInput);
        if (!TypedDataMessage.TryParseJson(File.ReadAllBytes(file.FullName), out var message, out var reason))
            throw new StartException($"{file.FullName}: {reason}", SiloCommandLine.WrongInput);

        return message.Domain is { Name: "Pythia PythiaRegistry", Version: "1" }
            ? message
            : throw new StartException($"{file.FullName}: domain {message.Domain.Name} found, Pythia PythiaRegistry version 1 expected", SiloCommandLine.WrongInput);
    }

    /// <summary>Whose signature it is: by recovery, or by the number before it where a contract signs.</summary>
    public static Endorsement EndorsementOf(string signature, Hash32 digest, RegistryEndorsers endorsers)
    {
        var colon = signature.IndexOf(':', StringComparison.Ordinal);
        if (!Hex.TryParse(signature.AsSpan(colon + 1), out var bytes)) throw new StartException($"--signature: '{signature}' found, 0x and hex expected", SiloCommandLine.WrongInput);

        if (colon >= 0)
        {
            return byte.TryParse(signature[..colon], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < endorsers.Members.Length
                ? new Endorsement(number, [.. bytes])
                : throw new StartException($"--signature: endorser '{signature[..colon]}' found, 0 to {endorsers.Members.Length - 1} expected", SiloCommandLine.WrongInput);
        }

        var fault = EcdsaSignature.Recover(digest, bytes, out var signer);
        var index = fault == SignatureFault.None ? endorsers.Members.IndexOf(signer) : -1;
        return index >= 0
            ? new Endorsement((byte)index, [.. bytes])
            : throw new StartException($"--signature: signed by {(fault == SignatureFault.None ? signer : fault)}, an endorser's over this act expected");
    }

    /// <exception cref="StartException">An address is none, or the set is not one.</exception>
    public static RegistryEndorsers EndorsersOf(IEnumerable<string> addresses, int threshold)
    {
        try
        {
            return RegistryEndorsers.Of(addresses.Select(Address.Parse), threshold);
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            throw new StartException($"endorsers: {e.Message}", SiloCommandLine.WrongInput);
        }
    }
}

/// <summary>Fields of typed data by name; what schema and digest check later is not checked twice.</summary>
internal sealed class TypedDataFields(TypedDataMessage message)
{
    public Hash32 Hash(string name) => Hash32.FromSpan(Get<byte[]>(name));

    public byte[] Bytes(string name) => Get<byte[]>(name);

    public ulong Number(string name) => (ulong)Get<BigInteger>(name);

    public IEnumerable<string> Texts(string name) => Get<IEnumerable<object?>>(name).Select(value => $"{value}");

    public string Show(string name) => message.Values[name] switch
    {
        byte[] bytes => Pythia.Ethereum.Hex.Format(bytes),
        IEnumerable<object?> list => string.Join(", ", list),
        var value => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    private T Get<T>(string name)
        => message.Values.TryGetValue(name, out var value) && value is T found
            ? found
            : throw new StartException($"{message.Schema.PrimaryType}.{name}: {value?.GetType().Name ?? "nothing"} found, {typeof(T).Name} expected", SiloCommandLine.WrongInput);
}
