using Pythia.Enclave.Verifier.Facts;
using Pythia.Ethereum;

namespace Pythia.Enclave.Verifier.Answers;

/// <summary>
/// The forms of results as architecture section 11 gives them. Null fits every fact; a fact that this table does not know has no form, so
/// nothing fits it.
/// </summary>
public static class FactForm
{
    public static bool Fits(FactKind fact, FactResult result)
    {
        if (result.IsNull)
        {
            return fact is >= FactKind.OwnerOf and <= FactKind.PolicyStatus;
        }

        return fact switch
        {
            FactKind.OwnerOf => result.Shape == FactResultShape.Bytes && result.Values[0].Bytes.Length == Address.Size,
            FactKind.DeviceStatus => IsList(result, numbers: 3, hashes: 0) && IsFrom1(result.Values[0], 3),
            FactKind.Consent => IsList(result, numbers: 4, hashes: 1) && IsFrom1(result.Values[0], 3) && IsFrom1(result.Values[1], 2),
            FactKind.CommandAllowed => IsList(result, numbers: 2, hashes: 0) && IsFrom1(result.Values[0], 1),
            FactKind.PolicyStatus => IsList(result, numbers: 1, hashes: 0) && IsFrom1(result.Values[0], 2),
            _ => false,
        };
    }

    private static bool IsList(FactResult result, int numbers, int hashes)
        => result.Shape == FactResultShape.Array
            && result.Values.Length == numbers + hashes
            && result.Values.Take(numbers).All(value => value.IsNumber)
            && result.Values.Skip(numbers).All(value => !value.IsNumber && value.Bytes.Length == Hash32.Size);

    // Statuses and kinds count from 1; zero would be null.
    private static bool IsFrom1(FactValue value, ulong most) => value.Number >= 1 && value.Number <= most;
}
