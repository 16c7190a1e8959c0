using Pythia.Enclave.Verifier.Facts;
using Pythia.Ethereum;

namespace Pythia.Enclave.Verifier.Answers;

/// <summary>
/// The forms of results as architecture section 11 gives them. Null fits every fact; a fact that this table does not know has no form, so
/// nothing fits it.
/// </summary>
public static class FactForm
{
    private const int OperatorBytes = 16;

    public static bool Fits(FactKind fact, FactResult result)
    {
        if (result.IsNull)
        {
            return fact is >= FactKind.OwnerOf and <= FactKind.PythiaKey;
        }

        return fact switch
        {
            FactKind.OwnerOf => result.Shape == FactResultShape.Bytes && result.Values[0].Bytes.Length == Address.Size,
            FactKind.DeviceStatus => IsList(result, numbers: 3) && IsFrom1(result.Values[0], 3),
            FactKind.Consent => IsList(result, numbers: 4, Hash32.Size) && IsFrom1(result.Values[0], 3) && IsFrom1(result.Values[1], 2),
            FactKind.CommandAllowed => IsList(result, numbers: 2) && IsFrom1(result.Values[0], 1),
            FactKind.PolicyStatus => IsList(result, numbers: 1) && IsFrom1(result.Values[0], 2),
            FactKind.PythiaKey => IsList(result, numbers: 2, Hash32.Size, OperatorBytes) && IsFrom1(result.Values[0], 5),
            _ => false,
        };
    }

    private static bool IsList(FactResult result, int numbers, params ReadOnlySpan<int> bytes)
    {
        if (result.Shape != FactResultShape.Array || result.Values.Length != numbers + bytes.Length)
        {
            return false;
        }

        for (var i = 0; i < result.Values.Length; i++)
        {
            var value = result.Values[i];
            if (i < numbers ? !value.IsNumber : value.IsNumber || value.Bytes.Length != bytes[i - numbers])
            {
                return false;
            }
        }

        return true;
    }

    // Statuses and kinds count from 1; zero would be null.
    private static bool IsFrom1(FactValue value, ulong most) => value.Number >= 1 && value.Number <= most;
}
