using System.Globalization;
using System.Text.RegularExpressions;
using Pythia.Ethereum;
using Pythia.Gateway.Problems;

namespace Pythia.Gateway.Requests;

/// <summary>Ids in paths: read in either case of hex, handed on in lower case, as grain keys have them.</summary>
public static partial class Ids
{
    /// <summary>0x and 64 hex digits.</summary>
    public static (string Id, Problem? Problem) ReadHash(string what, string text)
        => Hash32.TryParse(text, out var hash) ? (hash.ToString(), null) : ("", Problem.BadId(what, text, "0x and 64 hex digits"));

    /// <summary>0x and 40 hex digits.</summary>
    public static (string Id, Problem? Problem) ReadAddress(string what, string text)
        => Address.TryParse(text, out var address) ? (address.ToString(), null) : ("", Problem.BadId(what, text, "0x and 40 hex digits"));

    /// <summary>An enclave's configured name: 1 to 64 of a–z, 0–9 and dashes.</summary>
    public static (string Id, Problem? Problem) ReadEnclave(string text)
        => EnclaveName().IsMatch(text) ? (text, null) : ("", Problem.BadId("enclave", text, "1 to 64 of a-z, 0-9 and -"));

    /// <summary>A whole number in a query, or <paramref name="absent"/> where there is none.</summary>
    public static (long Value, Problem? Problem) ReadNumber(string what, string? text, long absent, long least, long most)
        => text is null ? (absent, null)
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most ? (value, null)
            : (0, new(ProblemTypes.BadNumber, $"{what} '{Problem.Shorten(text)}' found, {least} to {most} expected"));

    [GeneratedRegex("^[a-z0-9-]{1,64}$", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex EnclaveName();
}
