using Microsoft.CodeAnalysis;
using Pythia.Embedded.Generator.Diagnostics;
using Shouldly;

namespace Pythia.Embedded.Tests.Diagnostics;

/// <summary>Each rule is raised at the place that breaks it, alone, and not by the right form beside it.</summary>
public sealed class RuleTests
{
    public static IEnumerable<object[]> Broken => RuleCases.All.Select(rule => new object[] { rule.Id, rule.At, rule.Bad });

    public static TheoryData<string> Right => [.. RuleCases.All.Select(rule => rule.Good).Concat(RuleCases.Clean).Distinct()];

    [Theory, MemberData(nameof(Broken))]
    public async Task Analyze_BrokenForm_IsRaisedThereAndAlone(string id, string at, string source)
    {
        var found = (await Sources.AnalyzeAsync(Sources.Compile(source))).Where(diagnostic => !IsUnbound(diagnostic)).ToList();
        found.Select(diagnostic => diagnostic.Id).Distinct().ShouldBe([id], string.Join('\n', found));
        found.Select(Sources.TextAt).ShouldContain(at);
    }

    [Theory, MemberData(nameof(Right))]
    public async Task Analyze_RightForm_IsClean(string source)
    {
        var found = await Sources.AnalyzeAsync(Sources.Compile(source));
        found.ShouldBeEmpty(string.Join('\n', found));
    }

    [Fact]
    public void Rules_EachHasACaseAndOneLine()
    {
        var rules = typeof(Rules).GetFields().Select(field => field.GetValue(null)).OfType<DiagnosticDescriptor>().ToList();
        rules.Count.ShouldBe(22);
        rules.Select(rule => rule.Id).Except(RuleCases.All.Select(rule => rule.Id)).ShouldBeEmpty();
        rules.ShouldAllBe(rule => !rule.MessageFormat.ToString(null).Contains('\n'));
    }

    /// <summary>RegisterTimer is not there at all, which the compiler says too.</summary>
    private static bool IsUnbound(Diagnostic diagnostic) => diagnostic.Id == "CS0103" && Sources.TextAt(diagnostic) == "RegisterTimer";
}
