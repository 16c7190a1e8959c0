using System.Text;

namespace Pythia.Gateway.Signing;

/// <summary>The bytes that are signed (RFC 9421 section 2.5): a line for each covered component, then the signature's own parameters.</summary>
internal static class SignatureBase
{
    /// <param name="covered">Components and parameters as they stand in Signature-Input.</param>
    /// <param name="valueOf">A component's value (RFC 9421 section 2); null if the message has none.</param>
    /// <param name="missing">The component that the message has not, where there is no base.</param>
    /// <returns>ASCII; null if a component is missing.</returns>
    public static byte[]? Write(FieldInnerList covered, Func<string, string?> valueOf, out string? missing)
    {
        missing = null;
        var text = new StringBuilder();
        foreach (var item in covered.Items)
        {
            var name = (string)item.Value;
            if (valueOf(name) is not { } value)
            {
                missing = name;
                return null;
            }

            text.Append(StructuredField.Write(item)).Append(": ").Append(value).Append('\n');
        }

        text.Append("\"@signature-params\": ").Append(StructuredField.Write(covered));
        return Encoding.ASCII.GetBytes(text.ToString());
    }
}
