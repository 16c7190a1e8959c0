using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Ethereum;
using Shouldly;

namespace Pythia.Enclave.Tests.Answers;

/// <summary>Which results can be an answer to which fact.</summary>
public sealed class FactFormTests
{
    private static readonly FactValue Hash = FactValue.Of(Hash32.FromUInt64(1));

    private static readonly FactValue Operator = FactValue.Of(new byte[16]);

    public static TheoryData<FactKind, string> Good => new()
    {
        { FactKind.OwnerOf, "owner" },
        { FactKind.DeviceStatus, "3 numbers" },
        { FactKind.Consent, "4 numbers, hash" },
        { FactKind.CommandAllowed, "2 numbers" },
        { FactKind.PolicyStatus, "1 number" },
        { FactKind.PythiaKey, "2 numbers, hash, 16 bytes" },
    };

    private static Dictionary<string, FactResult> Forms => new(StringComparer.Ordinal)
    {
        ["owner"] = FactResult.Single(FactValue.Of(Address.Zero)),
        ["hash"] = FactResult.Single(Hash),
        ["number"] = FactResult.Single(FactValue.Of(1)),
        ["owner in a list"] = FactResult.ArrayOf(FactValue.Of(Address.Zero)),
        ["1 number"] = FactResult.ArrayOf(FactValue.Of(1)),
        ["2 numbers"] = FactResult.ArrayOf(FactValue.Of(1), FactValue.Of(9)),
        ["3 numbers"] = FactResult.ArrayOf(FactValue.Of(1), FactValue.Of(2), FactValue.Of(9)),
        ["4 numbers"] = FactResult.ArrayOf(FactValue.Of(1), FactValue.Of(2), FactValue.Of(9), FactValue.Of(9)),
        ["4 numbers, hash"] = FactResult.ArrayOf(FactValue.Of(1), FactValue.Of(2), FactValue.Of(9), FactValue.Of(9), Hash),
        ["2 numbers, hash, 16 bytes"] = FactResult.ArrayOf(FactValue.Of(1), FactValue.Of(9), Hash, Operator),
        ["2 numbers, 16 bytes, hash"] = FactResult.ArrayOf(FactValue.Of(1), FactValue.Of(9), Operator, Hash),
        ["2 numbers, two hashes"] = FactResult.ArrayOf(FactValue.Of(1), FactValue.Of(9), Hash, Hash),
        ["2 numbers, hash, number"] = FactResult.ArrayOf(FactValue.Of(1), FactValue.Of(9), Hash, FactValue.Of(9)),
        ["status 6, hash, 16 bytes"] = FactResult.ArrayOf(FactValue.Of(6), FactValue.Of(9), Hash, Operator),
        ["5 numbers"] = FactResult.ArrayOf(FactValue.Of(1), FactValue.Of(2), FactValue.Of(9), FactValue.Of(9), FactValue.Of(9)),
        ["hash first"] = FactResult.ArrayOf(Hash, FactValue.Of(2)),
        ["0 first"] = FactResult.ArrayOf(FactValue.Of(0), FactValue.Of(2)),
        ["0 alone"] = FactResult.ArrayOf(FactValue.Of(0)),
    };

    [Theory]
    [MemberData(nameof(Good))]
    public void Fits_EveryForm_OnlyItsOwn(FactKind fact, string own)
        => Forms.Where(form => FactForm.Fits(fact, form.Value)).Select(form => form.Key).ShouldBe([own]);

    [Fact]
    public void Fits_EveryFactOfTheTable_TakesNullAndNoOtherFactDoes()
    {
        FactTable.Definitions.ShouldAllBe(definition => FactForm.Fits(definition.Kind, FactResult.Null));
        FactForm.Fits(default, FactResult.Null).ShouldBeFalse();
        FactForm.Fits((FactKind)(FactTable.Definitions.Length + 1), FactResult.Null).ShouldBeFalse();
    }
}
