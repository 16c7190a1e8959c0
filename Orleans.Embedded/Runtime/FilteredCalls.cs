using System.Reflection;
using Orleans.Runtime;
using Orleans.Serialization.Invocation;
using Pythia.Embedded.References;

namespace Pythia.Embedded.Runtime;

/// <summary>A call as filters see it, and the way through them: each filter's Invoke goes on with the next, the last one with the call.</summary>
internal abstract class FilteredCall(Request request, object grain, GrainId target) : IGrainCallContext
{
    private int _stage;
    private object? _setResult;
    private bool _resultIsSet;
    private Response? _response;

    public IInvokable Request => request;

    public object Grain => grain;

    public GrainId? SourceId => request.Source?.GrainId;

    public GrainId TargetId => target;

    public GrainInterfaceType InterfaceType => request.Method.InterfaceId;

    public string InterfaceName => request.Method.InterfaceFullName;

    public string MethodName => request.Method.Name;

    public MethodInfo InterfaceMethod => request.Method.Info;

    public object? Result
    {
        get => _resultIsSet ? _setResult : Response?.Result;
        set
        {
            _resultIsSet = true;
            _setResult = value;
            _response = Response.FromResult(value);
        }
    }

    public Response? Response
    {
        get => _response;
        set
        {
            _resultIsSet = false;
            _response = value;
        }
    }

    public async Task Invoke()
    {
        var stage = _stage++;
        if (!await TryFilterAsync(stage))
        {
            Response = await CallAsync();
            if (Response.Exception is { } exception)
            {
                System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(exception);
            }
        }
    }

    /// <summary>Runs the whole way; the outcome is what the filters left.</summary>
    public async Task<Response> RunAsync()
    {
        try
        {
            await Invoke();
        }
        catch (Exception exception)
        {
            return Response.FromException(exception);
        }

        return Response ?? Response.Completed;
    }

    /// <summary>Runs the filter of this number; false if there is none.</summary>
    protected abstract ValueTask<bool> TryFilterAsync(int number);

    protected abstract ValueTask<Response> CallAsync();
}

/// <summary>On the way in: the silo's filters, then the grain class if it is one itself.</summary>
internal sealed class IncomingCall(Request request, Activation activation, IIncomingGrainCallFilter[] filters)
    : FilteredCall(request, activation.Instance!, activation.GrainId), IIncomingGrainCallContext
{
    private readonly Request _request = request;

    public IGrainContext TargetContext => activation;

    public MethodInfo ImplementationMethod
    {
        get
        {
            var type = activation.Instance!.GetType();
            if (!_request.Method.InterfaceType.IsAssignableFrom(type))
            {
                return InterfaceMethod;
            }

            var map = type.GetInterfaceMap(_request.Method.InterfaceType);
            var at = Array.IndexOf(map.InterfaceMethods, InterfaceMethod);
            return at < 0 ? InterfaceMethod : map.TargetMethods[at];
        }
    }

    public static Task<Response> RunAsync(Request request, Activation activation, IIncomingGrainCallFilter[] filters)
        => new IncomingCall(request, activation, filters).RunAsync();

    protected override async ValueTask<bool> TryFilterAsync(int number)
    {
        if (number < filters.Length)
        {
            await filters[number].Invoke(this);
            return true;
        }

        if (number == filters.Length && activation.Instance is IIncomingGrainCallFilter own)
        {
            await own.Invoke(this);
            return true;
        }

        return false;
    }

    protected override ValueTask<Response> CallAsync() => _request.RespondAsync(activation.TargetOf(_request));
}

/// <summary>On the way out.</summary>
internal sealed class OutgoingCall(Request request, GrainReference reference, IOutgoingGrainCallFilter[] filters, Func<ValueTask<Response>> send)
    : FilteredCall(request, reference, reference.GrainId), IOutgoingGrainCallContext
{
    private readonly Request _request = request;
    private bool _sent;

    public IGrainContext? SourceContext => _request.Source;

    public static async Task<TResult> SendAsync<TResult>(
        SiloRuntime silo, GrainReference reference, Request<TResult> request, CancellationToken cancellationToken)
    {
        var call = new OutgoingCall(request, reference, silo.OutgoingFilters, async () =>
        {
            try
            {
                var result = await silo.SendUnfiltered(reference, request, cancellationToken);
                return typeof(TResult) == typeof(Nothing) ? Response.Completed : Response.FromResult(result);
            }
            catch (Exception exception)
            {
                return Response.FromException(exception);
            }
        });
        return Request<TResult>.Unwrap(await call.RunAsync());
    }

    protected override async ValueTask<bool> TryFilterAsync(int number)
    {
        if (number >= filters.Length)
        {
            return false;
        }

        await filters[number].Invoke(this);
        return true;
    }

    protected override ValueTask<Response> CallAsync()
    {
        if (_sent)
        {
            throw new InvalidOperationException($"{InterfaceName}.{MethodName} was sent already, expected one {nameof(Invoke)} a call");
        }

        _sent = true;
        return send();
    }
}
