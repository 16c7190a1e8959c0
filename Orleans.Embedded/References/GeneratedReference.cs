using Orleans.Runtime;

namespace Pythia.Embedded.References;

/// <summary>Base of the generated references: one class an interface, one request class a method.</summary>
public abstract class GeneratedReference : GrainReference
{
    /// <summary>For generated code.</summary>
    protected GeneratedReference(GrainReferenceShared shared, IdSpan key)
        : base(shared, key)
    {
    }

    /// <summary>Sends a call and returns its answer.</summary>
    protected Task<TResult> Send<TResult>(Request<TResult> request) => Shared.Silo.Send(this, request, CancellationToken.None);

    /// <summary>Sends a call and returns its answer; a cancelled caller goes on at once, and the callee's token is cancelled.</summary>
    protected Task<TResult> Send<TResult>(Request<TResult> request, CancellationToken cancellationToken)
        => Shared.Silo.Send(this, request, cancellationToken);


    /// <summary>A sequence that the grain produces while the caller reads it; each enumeration calls the grain anew.</summary>
    protected IAsyncEnumerable<TElement> Enumerate<TElement>(Func<SequenceRequest<TElement>> call, CancellationToken cancellationToken)
        => new RemoteSequence<TElement>(this, call, cancellationToken);

    /// <summary>An argument that is a grain or an observer travels as a reference.</summary>
    /// <exception cref="ArgumentException">It is an object that no reference was made of.</exception>
    protected static TInterface Refer<TInterface>(TInterface argument)
        => argument switch
        {
            null or GrainReference => argument,
            IGrainBase and IAddressable grain => grain.AsReference<TInterface>(),
            _ => throw new ArgumentException(
                $"'{argument.GetType()}' found, expected a reference: make one with {nameof(IGrainFactory.CreateObjectReference)}", nameof(argument)),
        };
}

/// <summary>A reference of which only the grain is known.</summary>
internal sealed class UntypedReference(GrainReferenceShared shared, IdSpan key) : GrainReference(shared, key);
