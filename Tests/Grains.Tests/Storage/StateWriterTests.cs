using Pythia.Grains.Storage;

namespace Pythia.Tests.Storage;

/// <summary>Memory follows storage, and what comes while a write is under way goes together with the next one.</summary>
public sealed class StateWriterTests
{
    [Fact]
    public async Task Apply_WhileAWriteIsUnderWay_SharesTheNextWrite()
    {
        var stored = new ScriptedState();
        var writer = new StateWriter<string>(stored, () => { });
        stored.Gate = new TaskCompletionSource();

        var first = writer.ApplyAsync(s => s + "a");
        var second = writer.ApplyAsync(s => s + "b");
        var third = writer.ApplyAsync(s => s + "c");
        Assert.Equal("", writer.Current);
        stored.Gate.SetResult();
        await Task.WhenAll(first, second, third);

        Assert.Equal(("abc", 2), (writer.Current, stored.Writes));
    }

    [Fact]
    public async Task Apply_WriteFails_LeavesMemoryAndStateAsTheyWere()
    {
        var stored = new ScriptedState();
        var writer = new StateWriter<string>(stored, () => { });
        await writer.ApplyAsync(_ => "kept");
        stored.Failure = new TimeoutException("told to fail");

        await Assert.ThrowsAsync<TimeoutException>(() => writer.ApplyAsync(_ => "lost"));
        Assert.Equal(("kept", "kept"), (writer.Current, stored.State));

        stored.Failure = null;
        await writer.ApplyAsync(s => s + " and more");
        Assert.Equal("kept and more", writer.Current);
    }

    [Fact]
    public async Task Apply_WriteIsTakenAndReportedLost_GoesOnFromWhatIsStored()
    {
        var stored = new ScriptedState { TakesWhatItReportsLost = true };
        var writer = new StateWriter<string>(stored, () => { });
        stored.Failure = new TimeoutException("told to fail");

        await Assert.ThrowsAsync<TimeoutException>(() => writer.ApplyAsync(_ => "taken"));
        Assert.Equal("taken", writer.Current);
    }

    [Fact]
    public async Task Replace_StoredDifferentlyThanWasKnown_IsRefused()
    {
        var stored = new ScriptedState { TakesWhatItReportsLost = true, ReadFailure = new TimeoutException("told to fail, too") };
        var writer = new StateWriter<string>(stored, () => { });
        var known = writer.Current;
        stored.Failure = new TimeoutException("told to fail");
        await Assert.ThrowsAsync<TimeoutException>(() => writer.ApplyAsync(_ => "taken"));
        (stored.Failure, stored.ReadFailure) = (null, null);

        // Only the read before this write tells what is stored.
        await Assert.ThrowsAsync<OrleansException>(() => writer.ReplaceAsync(known, "made from what was known"));
        Assert.Equal(("taken", "taken"), (writer.Current, stored.State));
        await writer.ReplaceAsync(writer.Current, "made from what is stored");
        Assert.Equal("made from what is stored", writer.Current);
    }

    [Fact]
    public async Task Apply_WriteIsTakenAndStorageIsSilentAfterIt_ReadsBeforeTheNextWrite()
    {
        var stored = new ScriptedState { TakesWhatItReportsLost = true, ReadFailure = new TimeoutException("told to fail, too") };
        var writer = new StateWriter<string>(stored, () => { });
        stored.Failure = new TimeoutException("told to fail");
        await Assert.ThrowsAsync<TimeoutException>(() => writer.ApplyAsync(_ => "taken"));
        Assert.Equal("", writer.Current);

        stored.Failure = null;
        await Assert.ThrowsAsync<TimeoutException>(() => writer.ApplyAsync(s => s + " and more"));
        stored.ReadFailure = null;
        await writer.ApplyAsync(s => s + " and more");
        Assert.Equal("taken and more", writer.Current);
    }

    [Fact]
    public async Task Apply_AnotherWroteMeanwhile_Deactivates()
    {
        var deactivated = false;
        var writer = new StateWriter<string>(new ScriptedState { Failure = new Orleans.Storage.InconsistentStateException("etag") }, () => deactivated = true);

        await Assert.ThrowsAsync<Orleans.Storage.InconsistentStateException>(() => writer.ApplyAsync(_ => "x"));
        Assert.True(deactivated);
    }

    [Fact]
    public async Task Apply_NothingChanged_WritesNothing()
    {
        var stored = new ScriptedState();
        await new StateWriter<string>(stored, () => { }).ApplyAsync(s => s);

        Assert.Equal(0, stored.Writes);
    }

    private sealed class ScriptedState : IPersistentState<string>
    {
        private string _stored = "";

        public int Writes { get; private set; }

        public Exception? Failure { get; set; }

        public Exception? ReadFailure { get; set; }

        public bool TakesWhatItReportsLost { get; init; }

        public TaskCompletionSource? Gate { get; set; }

        public string State { get; set; } = "";

        public string Etag => "";

        public bool RecordExists => false;

        public Task ClearStateAsync() => Task.CompletedTask;

        public Task ReadStateAsync()
        {
            State = ReadFailure is null ? _stored : throw ReadFailure;
            return Task.CompletedTask;
        }

        public async Task WriteStateAsync()
        {
            Writes++;
            if (Gate is { } gate)
            {
                await gate.Task;
            }

            _stored = Failure is null || TakesWhatItReportsLost ? State : _stored;
            if (Failure is { } failure)
            {
                throw failure;
            }
        }
    }
}
