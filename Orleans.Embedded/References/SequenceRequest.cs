using Orleans.CodeGeneration;
using Orleans.Runtime;
using Pythia.Embedded.Runtime;
using Pythia.Embedded.Serialization;

namespace Pythia.Embedded.References;

/// <summary>A call of a method that returns <see cref="IAsyncEnumerable{T}"/>: its answer reads the sequence where the grain is.</summary>
public abstract class SequenceRequest<TElement> : Request<SequenceReader<TElement>>
{
    private readonly CancellationTokenSource _whole = new();

    /// <summary>The token that the method is called with: it lives as long as the sequence is read.</summary>
    protected CancellationToken SequenceToken => _whole.Token;

    /// <summary>Calls the method.</summary>
    protected abstract IAsyncEnumerable<TElement> Call(object target);

    internal sealed override Task Invoke(object target)
        => Task.FromResult(new SequenceReader<TElement>(Target!, Call(target).GetAsyncEnumerator(_whole.Token), _whole));

    internal sealed override SequenceReader<TElement> ResultOf(Task done) => ((Task<SequenceReader<TElement>>)done).GetAwaiter().GetResult();

    internal sealed override SequenceReader<TElement> Isolate(SequenceReader<TElement> result) => result;
}

/// <summary>Reads a sequence in the turns of the activation that produces it, as many elements at once as are there.</summary>
public sealed class SequenceReader<TElement> : ISequence
{
    private readonly IAsyncEnumerator<TElement> _elements;
    private readonly CancellationTokenSource _whole;
    private Task<bool>? _moving;
    private bool _aborted;

    internal SequenceReader(TurnScheduler producer, IAsyncEnumerator<TElement> elements, CancellationTokenSource whole)
    {
        Producer = producer;
        _elements = elements;
        _whole = whole;
        (producer as Activation)?.Add(this);
    }

    internal TurnScheduler Producer { get; }

    void ISequence.Abort()
    {
        _aborted = true;
        _whole.Cancel();
    }

    internal async Task<SequencePart<TElement>> ReadAsync(int mostAtOnce)
    {
        var elements = new List<TElement>();
        while (elements.Count < mostAtOnce)
        {
            _moving ??= _elements.MoveNextAsync().AsTask();
            if (elements.Count > 0 && !_moving.IsCompleted)
            {
                break;
            }

            bool moved;
            try
            {
                moved = await _moving;
            }
            catch (OperationCanceledException exception) when (_aborted)
            {
                throw new EnumerationAbortedException($"{Producer.Name} ended before its sequence did", exception);
            }

            _moving = null;
            if (!moved)
            {
                return new SequencePart<TElement>(elements, IsLast: true);
            }

            elements.Add(MessageCopier.Copy(_elements.Current));
        }

        return new SequencePart<TElement>(elements, IsLast: false);
    }

    internal async Task CloseAsync()
    {
        (Producer as Activation)?.Remove(this);
        await _whole.CancelAsync();
        if (_moving is not null)
        {
            await ((Task)_moving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }

        await _elements.DisposeAsync();
        _whole.Dispose();
    }
}

/// <summary>A sequence that an activation produces, and that ends with it.</summary>
internal interface ISequence
{
    void Abort();
}

/// <summary>Elements of a sequence, copied already.</summary>
internal sealed record SequencePart<TElement>(IReadOnlyList<TElement> Elements, bool IsLast);

/// <summary>A sequence as its reader sees it. Each enumeration is a call of its own.</summary>
internal sealed class RemoteSequence<TElement>(GeneratedReference reference, Func<SequenceRequest<TElement>> call, CancellationToken given)
    : IAsyncEnumerable<TElement>
{
    /// <summary>How many elements an answer carries at most.</summary>
    public int MostAtOnce { get; init; } = 100;

    public RemoteSequence<TElement> With(int mostAtOnce) => new(reference, call, given) { MostAtOnce = mostAtOnce };

    public async IAsyncEnumerator<TElement> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(given, cancellationToken);
        var token = either.Token;
        token.ThrowIfCancellationRequested();
        var reader = await reference.Shared.Silo.Send(reference, call(), CancellationToken.None);
        try
        {
            SequencePart<TElement> part;
            do
            {
                part = await reference.Shared.Silo.SendTo(reader.Producer, new ReadRequest<TElement>(reader, MostAtOnce), token);
                foreach (var element in part.Elements)
                {
                    yield return element;
                }
            }
            while (!part.IsLast);
        }
        finally
        {
            await ((Task)reference.Shared.Silo.SendTo(reader.Producer, new CloseRequest<TElement>(reader), CancellationToken.None))
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }
}

/// <summary>Methods that readers of sequences call where the sequence is.</summary>
internal static class SequenceMethods
{
    public static readonly GrainMethod Read = Of(nameof(Read));
    public static readonly GrainMethod Close = Of(nameof(Close));

    private static GrainMethod Of(string name)
        => new(typeof(ISequence), "Pythia.Embedded.ISequence", name, [], InvokeMethodOptions.AlwaysInterleave, null);
}

internal sealed class ReadRequest<TElement>(SequenceReader<TElement> reader, int mostAtOnce) : TaskRequest<SequencePart<TElement>>
{
    public override GrainMethod Method => SequenceMethods.Read;

    internal override bool OutlivesActivation => false;

    internal override bool IsFiltered => false;

    internal override SequencePart<TElement> Isolate(SequencePart<TElement> result) => result;

    protected override Task<SequencePart<TElement>> Call(object target) => reader.ReadAsync(mostAtOnce);
}

internal sealed class CloseRequest<TElement>(SequenceReader<TElement> reader) : TaskRequest
{
    public override GrainMethod Method => SequenceMethods.Close;

    internal override bool OutlivesActivation => false;

    internal override bool IsFiltered => false;

    protected override Task Call(object target) => reader.CloseAsync();
}
