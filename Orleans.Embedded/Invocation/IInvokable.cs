using System.Reflection;

namespace Orleans.Serialization.Invocation;

/// <summary>A call: its method, its arguments and its target.</summary>
public interface IInvokable : IDisposable
{
    /// <summary>Whether the method takes a cancellation token.</summary>
    bool IsCancellable { get; }

    object? GetTarget();

    void SetTarget(ITargetHolder holder);

    ValueTask<Response> Invoke();

    /// <summary>The number of arguments; cancellation tokens do not count.</summary>
    int GetArgumentCount();

    object? GetArgument(int index);

    void SetArgument(int index, object value);

    string GetMethodName();

    string GetInterfaceName();

    string GetActivityName();

    MethodInfo GetMethod();

    Type GetInterfaceType();

    TimeSpan? GetDefaultResponseTimeout();

    CancellationToken GetCancellationToken();

    /// <summary>Cancels the callee's token; false if the method takes none.</summary>
    bool TryCancel();
}

/// <summary>Holds the object that calls go to.</summary>
public interface ITargetHolder
{
    object? GetTarget();

    object? GetComponent(Type componentType);
}
