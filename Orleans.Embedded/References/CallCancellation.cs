
namespace Pythia.Embedded.References;

/// <summary>Carries a caller's cancellation into the callee's turns.</summary>
internal sealed class CallCancellation(Request request, bool waitForCallee) : IDisposable
{
    private readonly CancellationTokenSource _callee = new();
    private CancellationTokenRegistration _registration;
    private volatile bool _ended;

    public CancellationToken CalleeToken => _callee.Token;

    /// <summary>After the request has been sent.</summary>
    public void Listen(CancellationToken caller)
    {
        _registration = caller.UnsafeRegister(static (state, token) => ((CallCancellation)state!).CallerCancelled(token), this);
        if (_ended)
        {
            _registration.Unregister();
        }
    }

    public void CallEnded()
    {
        _ended = true;
        _registration.Unregister();
    }

    /// <summary>Cancels the callee's token in the callee's turns, so that what it registered there runs there too.</summary>
    public bool CancelCallee()
    {
        if (request.Target is { } target)
        {
            target.QueueAction(static state => ((CancellationTokenSource)state!).Cancel(), _callee);
        }
        else
        {
            _callee.Cancel();
        }

        return true;
    }

    // The grain may hold the token for longer than its call; a source without timer and wait handle holds nothing that needs freeing.
    void IDisposable.Dispose() => CallEnded();

    private void CallerCancelled(CancellationToken token)
    {
        if (!waitForCallee || !request.IsRunning)
        {
            request.Target?.Silo.Instruments.Canceled(request.Target.GrainId.Type.ToString()!);
            request.Fail(new OperationCanceledException(token));
        }

        CancelCallee();
        if (!request.IsRunning)
        {
            request.Target?.Drop(request);
        }
    }
}
