using System.Threading.Channels;

namespace Pythia.Benchmarks.Calls;

/// <summary>The peer of a grain: the least that the platform itself needs for one thing at a time, asked from many sides. A channel, a loop
/// that empties it, and a task that answers; no identity, time-out, filter, context or copy.</summary>
internal sealed class Mailbox
{
    private readonly Channel<TaskCompletionSource> _waiting = Channel.CreateUnbounded<TaskCompletionSource>(new UnboundedChannelOptions { SingleReader = true });

    public Mailbox() => _ = RunAsync();

    public Task NoOpAsync()
    {
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Writer.TryWrite(answer);
        return answer.Task;
    }

    public void Stop() => _waiting.Writer.Complete();

    private async Task RunAsync()
    {
        await foreach (var answer in _waiting.Reader.ReadAllAsync())
        {
            answer.SetResult();
        }
    }
}
