using System.Collections.Concurrent;
using System.Reflection;

namespace Pythia.Gateway.Tests;

/// <summary>A call that reached a grain.</summary>
public sealed record GrainCall(Type Grain, string Key, string Method, IReadOnlyList<object?> Arguments);

/// <summary>Stands where the silo would: each call is recorded and answered as the test says; one that the test did not expect fails.</summary>
public sealed class ScriptedGrains
{
    private readonly ConcurrentDictionary<(Type Grain, string Method), Func<GrainCall, object>> _scripts = new();
    private readonly ConcurrentQueue<GrainCall> _calls = new();

    public ScriptedGrains()
    {
        Factory = DispatchProxy.Create<IGrainFactory, FactoryProxy>();
        ((FactoryProxy)Factory).Grains = this;
    }

    public IGrainFactory Factory { get; }

    public IReadOnlyList<GrainCall> Calls => [.. _calls];

    /// <summary>What a method of a grain answers: a task of its type.</summary>
    public void On<TGrain>(string method, Func<GrainCall, object> answer) => _scripts[(typeof(TGrain), method)] = answer;

    public IReadOnlyList<GrainCall> CallsOf(string method) => [.. _calls.Where(call => call.Method == method)];

    private object Answer(GrainCall call)
    {
        _calls.Enqueue(call);
        return _scripts.TryGetValue((call.Grain, call.Method), out var script)
            ? script(call)
            : throw new OrleansException($"no answer was scripted for {call.Grain.Name}.{call.Method}");
    }

    /// <summary>The factory: any grain by any string key.</summary>
    public class FactoryProxy : DispatchProxy
    {
        public ScriptedGrains Grains { get; set; } = null!;

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            var type = targetMethod!.GetGenericArguments()[0];
            var proxy = (GrainProxy)Create(type, typeof(GrainProxy));
            (proxy.Grains, proxy.Type, proxy.Key) = (Grains, type, (string)args![0]!);
            return proxy;
        }
    }

    /// <summary>One grain's reference.</summary>
    public class GrainProxy : DispatchProxy
    {
        public ScriptedGrains Grains { get; set; } = null!;

        public Type Type { get; set; } = null!;

        public string Key { get; set; } = "";

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
            => Grains.Answer(new(Type, Key, targetMethod!.Name, args ?? []));
    }
}
