using Orleans.Runtime;
using Pythia.Embedded.References;

namespace Pythia.Embedded.Runtime;

/// <summary>The activations of one stateless worker: a call goes to an idle one, a new one up to the limit, or the least loaded.</summary>
internal sealed class StatelessPool(SiloRuntime silo, GrainClass grainClass, GrainId grainId) : ICallTarget
{
    private readonly Lock _gate = new();
    private readonly List<Activation> _workers = [];
    private bool _ended;

    public GrainId GrainId => grainId;

    public bool TryPost(Request request)
    {
        lock (_gate)
        {
            if (_ended)
            {
                return false;
            }

            while (true)
            {
                var worker = Choose();
                if (worker.TryPost(request))
                {
                    return true;
                }

                _workers.Remove(worker);
            }
        }
    }

    public void Expire(int tick)
    {
        foreach (var worker in Workers())
        {
            worker.Expire(tick);
        }
    }

    /// <returns>Whether that was the last one, and the pool takes no more calls.</returns>
    public bool Remove(Activation worker)
    {
        lock (_gate)
        {
            _workers.Remove(worker);
            _ended |= _workers.Count == 0;
            return _ended;
        }
    }

    public Activation[] Workers()
    {
        lock (_gate)
        {
            return [.. _workers];
        }
    }

    private Activation Choose()
    {
        var least = _workers.MinBy(worker => worker.Load);
        if (least is null || (least.Load > 0 && _workers.Count < grainClass.MaxLocalWorkers))
        {
            least = new Activation(silo, grainClass, grainId, this);
            _workers.Add(least);
        }

        return least;
    }
}
