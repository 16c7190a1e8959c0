using System.Collections.Concurrent;
using Pythia.Enclave.Attestation.Attesters;
using Shouldly;

namespace Pythia.Tests.Attesters;

public sealed class GramineAttesterTests : IDisposable
{
    private static readonly byte[] ReportData = [.. Enumerable.Range(1, 64).Select(value => (byte)value)];

    private static readonly SimulatedPlatform Platform = SimulatedPlatform.Create(TimeProvider.System);
    private static readonly ConcurrentDictionary<string, byte[]> Quotes = new(StringComparer.Ordinal);

    private readonly string _folder = Directory.CreateTempSubdirectory("attestation-files").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task QuoteAsync_PseudoFiles_IsTheWholeQuoteOverThoseBytes()
    {
        using var files = new PseudoFiles();
        var attester = new GramineAttester(TimeProvider.System, files.Folder);

        var quote = await attester.QuoteAsync(ReportData);

        quote[368..432].ShouldBe(ReportData);
        quote.Length.ShouldBe(436 + BitConverter.ToInt32(quote, 432));
        files.Written.ShouldBe([64]);
    }

    [Fact]
    public async Task QuoteAsync_ManyAtOnce_EachGetsItsOwn()
    {
        using var files = new PseudoFiles();
        var attester = new GramineAttester(TimeProvider.System, files.Folder);

        var asked = Enumerable.Range(0, GramineAttester.MostAtOnce).Select(index => (byte[])[.. Enumerable.Repeat((byte)index, 64)]).ToList();
        var quotes = await Task.WhenAll(asked.Select(data => Task.Run(() => attester.QuoteAsync(data).AsTask())));

        quotes.Select(quote => Convert.ToHexString(quote, 368, 64)).ShouldBe(asked.Select(Convert.ToHexString));
        files.Written.ShouldBe(Enumerable.Repeat(64, GramineAttester.MostAtOnce));
    }

    [Theory]
    [InlineData("none")]
    [InlineData("")]
    [InlineData("DCAP")]
    [InlineData("epid")]
    public async Task QuoteAsync_AttestationOfAnotherType_IsNamed(string type)
    {
        Place(type, Quote(ReportData));
        (await RefusalAsync()).ShouldBe($"attestation_type: \"{type}\" found, \"dcap\" expected (sgx.remote_attestation of the manifest)");
        File.ReadAllBytes(PathOf("user_report_data")).ShouldBeEmpty("nothing is asked of what can't answer");
    }

    [Fact]
    public async Task QuoteAsync_TypeWithLineFeed_IsTheSameType()
    {
        Place("dcap\n", Quote(ReportData));
        var attester = new GramineAttester(TimeProvider.System, _folder);
        (await attester.QuoteAsync(ReportData)).ShouldBe(Quote(ReportData));
    }

    [Theory]
    [InlineData("attestation_type")]
    [InlineData("user_report_data")]
    [InlineData("quote")]
    public async Task QuoteAsync_MissingPseudoFile_IsNamed(string name)
    {
        Place("dcap", Quote(ReportData));
        File.Delete(PathOf(name));
        (await RefusalAsync()).ShouldBe($"{PathOf(name)}: no such pseudo-file; it is there under Gramine on SGX only");
    }

    [Fact]
    public async Task QuoteAsync_MissingFolder_IsNamed()
    {
        var attester = new GramineAttester(TimeProvider.System, PathOf("elsewhere"));
        (await Should.ThrowAsync<AttestationException>(async () => await attester.QuoteAsync(ReportData))).Message.ShouldContain("there under Gramine on SGX only");
    }

    [Fact]
    public async Task QuoteAsync_PseudoFileIsAFolder_IsNamed()
    {
        Place("dcap", Quote(ReportData));
        File.Delete(PathOf("quote"));
        Directory.CreateDirectory(PathOf("quote"));
        (await RefusalAsync()).ShouldStartWith($"{PathOf("quote")}: ");
    }

    [Fact]
    public async Task QuoteAsync_QuoteOfAnotherRequest_IsCaught()
    {
        var other = ReportData.ToArray();
        other[63] ^= 1;
        Place("dcap", Quote(other));
        (await RefusalAsync()).ShouldBe(
            $"quote: REPORTDATA {Convert.ToHexStringLower(other)} found, {Convert.ToHexStringLower(ReportData)} expected: it was made for another request");
    }

    [Fact]
    public async Task QuoteAsync_CutAnywhere_IsCaught()
    {
        var quote = Quote(ReportData);
        foreach (var length in new[] { 0, 1, 368, 431, 432, 435, 436, 437, quote.Length - 1 })
        {
            Place("dcap", quote[..length]);
            (await RefusalAsync()).ShouldStartWith($"quote: {length} bytes found, ");
        }
    }

    [Fact]
    public async Task QuoteAsync_ZerosBehind_AreCutOffAndOtherBytesAreCaught()
    {
        var quote = Quote(ReportData);
        Place("dcap", [.. quote, .. new byte[100]]);
        var attester = new GramineAttester(TimeProvider.System, _folder);
        (await attester.QuoteAsync(ReportData)).ShouldBe(quote);

        Place("dcap", [.. quote, 0, 0, 1]);
        (await RefusalAsync()).ShouldBe($"quote: {quote.Length + 3} bytes found, {quote.Length} and zeros expected");
    }

    [Theory]
    [InlineData(8192, true)]
    [InlineData(8193, false)]
    public async Task QuoteAsync_Buffer_IsEightKibibytes(int length, bool fits)
    {
        var quote = Quote(ReportData);
        Place("dcap", [.. quote, .. new byte[length - quote.Length]]);
        var attester = new GramineAttester(TimeProvider.System, _folder);
        if (fits) (await attester.QuoteAsync(ReportData)).ShouldBe(quote);
        else (await RefusalAsync()).ShouldBe($"{PathOf("quote")}: more than 8192 bytes found");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(63)]
    [InlineData(65)]
    public async Task QuoteAsync_ReportDataOfAnotherLength_IsNamed(int length)
    {
        Place("dcap", Quote(ReportData));
        var attester = new GramineAttester(TimeProvider.System, _folder);
        (await Should.ThrowAsync<AttestationException>(async () => await attester.QuoteAsync(new byte[length])))
            .Message.ShouldBe($"report data: {length} bytes found, 64 expected");
        File.ReadAllBytes(PathOf("user_report_data")).ShouldBeEmpty();
    }

    [Fact]
    public async Task QuoteAsync_QuoteThatDoesNotCome_IsNamedAndTheNextOneKeepsOutOfItsWay()
    {
        using var files = new PseudoFiles(hanging: true);
        var attester = new GramineAttester(TimeProvider.System, files.Folder, TimeSpan.FromMilliseconds(200));
        var other = ReportData.Reverse().ToArray();

        (await Should.ThrowAsync<AttestationException>(async () => await attester.QuoteAsync(ReportData))).Message.ShouldBe("quote: not made within 0.2 s");
        (await Should.ThrowAsync<AttestationException>(async () => await attester.QuoteAsync(other)))
            .Message.ShouldBe("quote: its turn did not come within 0.2 s");
        files.Written.ShouldBe([64], "the second never touched the report data of the first");
    }

    [Fact]
    public async Task QuoteAsync_HundredsAtOnce_TakeOneThreadAndTooManyAreBusy()
    {
        using var files = new PseudoFiles(hanging: true);
        using var left = new CancellationTokenSource();
        var attester = new GramineAttester(TimeProvider.System, files.Folder);
        var before = Threads();

        var asked = Enumerable.Range(0, 300).Select(_ => attester.QuoteAsync(ReportData, left.Token).AsTask()).ToList();

        (Threads() - before).ShouldBeLessThan(100, "a call that waits for its turn has no thread");
        var refused = asked.Skip(GramineAttester.MostAtOnce).ToList();
        foreach (var one in refused) (await Should.ThrowAsync<AttestationException>(one)).IsBusy.ShouldBeTrue();
        asked.Take(GramineAttester.MostAtOnce).ShouldAllBe(one => !one.IsCompleted);

        await left.CancelAsync();
        foreach (var one in asked.Take(GramineAttester.MostAtOnce)) await Should.ThrowAsync<OperationCanceledException>(one);
        foreach (var _ in asked) files.LetQuote();
        (await attester.QuoteAsync(ReportData))[368..432].ShouldBe(ReportData);
        files.Written.ShouldBe([64, 64], "no quote is made for those who left while they waited");

        static int Threads()
        {
            using var process = System.Diagnostics.Process.GetCurrentProcess();
            return process.Threads.Count;
        }
    }

    private string PathOf(string name) => Path.Combine(_folder, name);

    private static byte[] Quote(byte[] reportData)
        => Quotes.GetOrAdd(Convert.ToHexString(reportData), _ => Platform.Quote(new SimulatedEnclave(new byte[32]), reportData));

    private void Place(string type, byte[] quote)
    {
        File.WriteAllText(PathOf("attestation_type"), type);
        File.WriteAllBytes(PathOf("user_report_data"), []);
        File.WriteAllBytes(PathOf("quote"), quote);
    }

    private async Task<string> RefusalAsync()
    {
        var attester = new GramineAttester(TimeProvider.System, _folder);
        return (await Should.ThrowAsync<AttestationException>(async () => await attester.QuoteAsync(ReportData))).Message;
    }
}
