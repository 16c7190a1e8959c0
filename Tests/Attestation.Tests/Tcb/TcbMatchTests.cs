using Pythia.Enclave.Attestation.Certificates;
using Pythia.Enclave.Attestation.Quotes;
using Pythia.Enclave.Attestation.Tcb;
using Shouldly;

namespace Pythia.Tests.Tcb;

/// <summary>Levels are found component by component, and two statuses become one.</summary>
public sealed class TcbMatchTests
{
    private static readonly DateTimeOffset Date = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(5, 5, 10, "UpToDate")]
    [InlineData(9, 9, 11, "UpToDate")]
    [InlineData(5, 4, 10, "OutOfDate")]
    [InlineData(9, 4, 10, "OutOfDate")] // more in the first component does not make up for less in the second
    [InlineData(4, 9, 10, "OutOfDate")]
    [InlineData(5, 5, 9, "OutOfDate")] // PCESVN counts like a component
    [InlineData(3, 3, 8, "OutOfDate")]
    [InlineData(2, 9, 10, null)]
    [InlineData(9, 9, 7, null)]
    public void FindPlatform_Components_AreEachHeldAgainstTheirOwn(byte first, byte second, int pceSvn, string? status)
    {
        var info = Info(Level(5, 5, 10, TcbStatus.UpToDate), Level(3, 3, 8, TcbStatus.OutOfDate));
        TcbMatch.FindPlatform(info, Platform(first, second, pceSvn), tdx: null)?.Status.ToString().ShouldBe(status);
        (TcbMatch.FindPlatform(info, Platform(first, second, pceSvn), tdx: null) is null).ShouldBe(status is null);
    }

    [Fact]
    public void FindPlatform_SeveralLevelsReached_TakesTheFirstListed()
        => TcbMatch.FindPlatform(Info(Level(1, 1, 1, TcbStatus.OutOfDate), Level(1, 1, 1, TcbStatus.UpToDate)), Platform(2, 2, 2), tdx: null)!.Status.ShouldBe(TcbStatus.OutOfDate);

    [Theory]
    [InlineData("UpToDate", "UpToDate", "UpToDate")]
    [InlineData("UpToDate", "OutOfDate", "OutOfDate")]
    [InlineData("SWHardeningNeeded", "OutOfDate", "OutOfDate")]
    [InlineData("ConfigurationNeeded", "OutOfDate", "OutOfDateConfigurationNeeded")]
    [InlineData("ConfigurationAndSWHardeningNeeded", "OutOfDate", "OutOfDateConfigurationNeeded")]
    [InlineData("OutOfDate", "OutOfDate", "OutOfDate")]
    [InlineData("OutOfDateConfigurationNeeded", "UpToDate", "OutOfDateConfigurationNeeded")]
    [InlineData("OutOfDateConfigurationNeeded", "OutOfDate", "OutOfDateConfigurationNeeded")]
    [InlineData("UpToDate", "Revoked", "Revoked")]
    [InlineData("OutOfDateConfigurationNeeded", "Revoked", "Revoked")]
    [InlineData("SWHardeningNeeded", "ConfigurationNeeded", "ConfigurationAndSWHardeningNeeded")]
    public void Converge_TwoStatuses_BecomeOneInEitherOrder(string left, string right, string both)
    {
        TcbStatuses.Converge(Enum.Parse<TcbStatus>(left), Enum.Parse<TcbStatus>(right)).ToString().ShouldBe(both);
        TcbStatuses.Converge(Enum.Parse<TcbStatus>(right), Enum.Parse<TcbStatus>(left)).ToString().ShouldBe(both);
    }

    [Fact]
    public void Converge_WithUpToDate_ChangesNothing()
    {
        foreach (var status in Enum.GetValues<TcbStatus>())
        {
            TcbStatuses.Converge(status, TcbStatus.UpToDate).ShouldBe(status);
            TcbStatuses.Converge(TcbStatus.UpToDate, status).ShouldBe(status);
        }
    }

    [Theory]
    [InlineData("UpToDate", true)]
    [InlineData("uptodate", false)]
    [InlineData("0", false)]
    [InlineData("", false)]
    [InlineData("UpToDate, Revoked", false)]
    public void TryParse_Word_IsExact(string word, bool isStatus) => TcbStatuses.TryParse(word, out _).ShouldBe(isStatus);

    [Fact]
    public void TryParse_EachName_IsItsStatus()
    {
        foreach (var status in Enum.GetValues<TcbStatus>())
        {
            TcbStatuses.TryParse(status.ToString(), out var found).ShouldBeTrue();
            found.ShouldBe(status);
        }
    }

    private static TcbInfo Info(params TcbLevel[] levels) => new()
    {
        Version = 3,
        Tee = TeeKind.Sgx,
        Validity = new ValidityWindow(Date, Date),
        Fmspc = new byte[6],
        PceId = new byte[2],
        EvaluationNumber = 1,
        Levels = [.. levels],
        Modules = [],
    };

    private static TcbLevel Level(byte first, byte second, int pceSvn, TcbStatus status) => new(Components(first, second), pceSvn, default, new TcbFinding(status, [], Date));

    private static SgxExtension Platform(byte first, byte second, int pceSvn) => new()
    {
        Ppid = new byte[16],
        Components = Components(first, second),
        PceSvn = pceSvn,
        CpuSvn = Enumerable.Repeat((byte)255, 16).ToArray(), // of no use to a match
        PceId = new byte[2],
        Fmspc = new byte[6],
        SgxType = 0,
    };

    private static byte[] Components(byte first, byte second) => [first, second, .. new byte[14]];
}
