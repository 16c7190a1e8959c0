using Pythia.Engine.Grains;

namespace Pythia.Engine;

/// <summary>Sequences that a grain produces while they are read.</summary>
[Collection(nameof(EngineCollection))]
public sealed class SequenceTests(EngineFixture engine)
{
    private readonly string _key = Keys.New();

    private ISequenceGrain Grain => engine.Client.GetGrain<ISequenceGrain>(_key);

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1_000)]
    public async Task Sequence_InBatchesOfAnySize_GivesAllInOrder(int size)
        => Assert.Equal(Enumerable.Range(1, 50), await ReadAsync(Grain.CountAsync(50).WithBatchSize(size)));

    [Fact]
    public async Task Sequence_Empty_EndsAtOnce() => Assert.Empty(await ReadAsync(Grain.CountAsync(0)));

    [Fact]
    public async Task Sequence_ThrowsBeforeTheFirst_ThrowsAtTheReader()
        => await Assert.ThrowsAsync<FormatException>(() => ReadAsync(Grain.ThrowAtOnceAsync()));

    [Fact]
    public async Task Sequence_ReadTwice_IsProducedTwice()
    {
        var sequence = Grain.CountAsync(3);
        Assert.Equal([1, 2, 3], await ReadAsync(sequence));
        Assert.Equal([1, 2, 3], await ReadAsync(sequence));
        Assert.Equal(2, await Grain.BegunAsync());
    }

    [Fact]
    public async Task Sequence_ReadByAGrain_GivesAll() => Assert.Equal(5_050, await Grain.SumOfAsync(_key + "-other", 100));

    [Fact]
    public async Task Sequence_ReaderCancels_EndsBothInTheirOwnPlaces()
    {
        using var source = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var number in Grain.WaitAfterOneAsync().WithCancellation(source.Token))
            {
                Assert.Equal(1, number);
                await source.CancelAsync();
            }
        });
        await Signals.WaitAsync(_key + "-cancelled");
    }

    [Fact]
    public async Task Sequence_WaitsForItsNext_LeavesTheGrainFree()
    {
        await using var reader = Grain.WaitAfterOneAsync().GetAsyncEnumerator();
        Assert.True(await reader.MoveNextAsync());
        Assert.Equal(0, await Grain.BegunAsync());
        Assert.Equal([1], await ReadAsync(Grain.CountAsync(1)));
    }

    [Fact]
    public async Task Sequence_TheGrainEnds_ThrowsAtTheReader()
    {
        await using var reader = Grain.CountAsync(1_000_000).WithBatchSize(1).GetAsyncEnumerator();
        Assert.True(await reader.MoveNextAsync());
        await Grain.EndAsync();
        await Assert.ThrowsAsync<EnumerationAbortedException>(async () =>
        {
            while (await reader.MoveNextAsync())
            {
            }
        });
    }

    private static async Task<List<int>> ReadAsync(IAsyncEnumerable<int> sequence)
    {
        var numbers = new List<int>();
        await foreach (var number in sequence)
        {
            numbers.Add(number);
        }

        return numbers;
    }
}
