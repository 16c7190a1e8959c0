using System.Text;

namespace Pythia.Gateway.Signing;

/// <summary>Why a request's signature is refused. The names travel, in kebab case, as the problem's <c>reason</c>.</summary>
internal enum RequestSignatureFault
{
    None,

    /// <summary>Signature or Signature-Input is no dictionary of the right form, or one stands without the other.</summary>
    Malformed,

    /// <summary>More than one signature: which of them speaks would be a guess.</summary>
    SeveralSignatures,
    ParameterMissing,
    ParameterMalformed,
    ParameterUnknown,

    /// <summary>alg names another algorithm than the key's; beside an Ethereum key it must not stand at all.</summary>
    WrongAlgorithm,

    /// <summary>tag names another use of the signature.</summary>
    WrongTag,
    UnknownKey,

    /// <summary>The key is not for this chain.</summary>
    WrongChain,
    NotYetValid,
    Expired,
    WindowTooLong,
    ComponentMissing,
    ComponentRepeated,
    ComponentUnknown,

    /// <summary>A covered field is not in the request.</summary>
    ComponentAbsent,
    DigestUnknown,
    DigestMismatch,
    WrongSignature,
    NonceMissing,
    NonceUsed,
}

internal static class RequestSignatureFaults
{
    /// <summary>window-too-long.</summary>
    public static string NameOf(RequestSignatureFault fault)
    {
        var name = new StringBuilder();
        foreach (var c in fault.ToString())
        {
            if (char.IsUpper(c) && name.Length > 0) name.Append('-');
            name.Append(char.ToLowerInvariant(c));
        }

        return name.ToString();
    }
}
