using System.Reflection;

namespace Pythia.FaultySilo;

/// <summary>Stands before any interface: each of its asynchronous methods is a failpoint of its name, also those that are added later.</summary>
public class FailpointProxy : DispatchProxy
{
    private static readonly MethodInfo PassTask = typeof(FailpointProxy).GetMethod(nameof(PassAsync), BindingFlags.NonPublic | BindingFlags.Static)!;

    private object _inner = null!;
    private Failpoints _failpoints = null!;
    private string _prefix = "";
    private Func<string, bool> _isMeant = _ => true;

    /// <param name="isMeant">Which methods are failpoints; the others pass.</param>
    public static T Around<T>(T inner, string prefix, Failpoints failpoints, Func<string, bool>? isMeant = null)
        where T : class
    {
        var proxy = Create<T, FailpointProxy>();
        var self = (FailpointProxy)(object)proxy;
        (self._inner, self._failpoints, self._prefix, self._isMeant) = (inner, failpoints, prefix, isMeant ?? (_ => true));
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        var method = targetMethod!;
        var type = method.ReturnType;
        if (!_isMeant(method.Name) || !typeof(Task).IsAssignableFrom(type))
        {
            return type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ValueTask<>) && _isMeant(method.Name)
                ? Pass(nameof(PassValueAsync), method, args)
                : method.Invoke(_inner, BindingFlags.DoNotWrapExceptions, null, args, null);
        }

        return type.IsGenericType
            ? PassTask.MakeGenericMethod(type.GetGenericArguments()[0]).Invoke(null, [this, method, args])
            : PassAsync<bool>(this, method, args);
    }

    private object? Pass(string helper, MethodInfo method, object?[]? args)
        => typeof(FailpointProxy).GetMethod(helper, BindingFlags.NonPublic | BindingFlags.Static)!
            .MakeGenericMethod(method.ReturnType.GetGenericArguments()[0]).Invoke(null, [this, method, args]);

    private static Task<T> PassAsync<T>(FailpointProxy self, MethodInfo method, object?[]? args)
        => self._failpoints.PassAsync([self.NameOf(method)], async () =>
        {
            var task = (Task)method.Invoke(self._inner, BindingFlags.DoNotWrapExceptions, null, args, null)!;
            await task;
            return task is Task<T> typed ? typed.Result : default!;
        });

    private static ValueTask<T> PassValueAsync<T>(FailpointProxy self, MethodInfo method, object?[]? args)
        => new(self._failpoints.PassAsync(
            [self.NameOf(method)], () => ((ValueTask<T>)method.Invoke(self._inner, BindingFlags.DoNotWrapExceptions, null, args, null)!).AsTask()));

    private string NameOf(MethodInfo method)
        => $"{_prefix} {(method.Name.EndsWith("Async", StringComparison.Ordinal) ? method.Name[..^"Async".Length] : method.Name)}";
}
