using System.Security.Cryptography;
using System.Text;
using Pythia.Silo.Commands;

namespace Pythia.Silo.Keys;

/// <summary>A line that nobody sees: typed at a terminal without echo, or the first line of what is piped in. Never an argument, which others can list.</summary>
internal static class SecretInput
{
    private const int MostBytes = 4_096;

    /// <summary>UTF-8, without its line ending; the caller clears it.</summary>
    /// <exception cref="StartException">Nothing, or more than 4,096 bytes.</exception>
    public static byte[] ReadLine(string what)
    {
        var buffer = new byte[MostBytes];
        try
        {
            var length = Console.IsInputRedirected ? ReadPiped(buffer, what) : ReadTyped(buffer, what);
            return length > 0 ? buffer[..length] : throw new StartException($"{what}: nothing found, a line expected", SiloCommandLine.WrongInput);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
        }
    }

    // Byte by byte, so that a second line stays for whoever asks next.
    private static int ReadPiped(Span<byte> buffer, string what)
    {
        using var input = Console.OpenStandardInput(bufferSize: 1);
        for (var length = 0; ; length++)
        {
            if (length == buffer.Length) throw TooLong(what);

            if (input.Read(buffer.Slice(length, 1)) == 0) return length;
            if (buffer[length] == (byte)'\n') return length > 0 && buffer[length - 1] == (byte)'\r' ? length - 1 : length;
        }
    }

    private static int ReadTyped(Span<byte> buffer, string what)
    {
        Console.Error.Write($"{what}: ");
        Span<char> typed = stackalloc char[MostBytes / 4];
        var length = 0;
        try
        {
            for (var key = Console.ReadKey(intercept: true); key.Key != ConsoleKey.Enter; key = Console.ReadKey(intercept: true))
            {
                if (key.Key == ConsoleKey.Backspace) length = Math.Max(0, length - 1);
                else if (length == typed.Length) throw TooLong(what);
                else if (!char.IsControl(key.KeyChar)) typed[length++] = key.KeyChar;
            }

            return Encoding.UTF8.GetBytes(typed[..length], buffer);
        }
        finally
        {
            typed.Clear();
            Console.Error.WriteLine();
        }
    }

    private static StartException TooLong(string what) => new($"{what}: more found, at most {MostBytes} bytes expected", SiloCommandLine.WrongInput);
}
