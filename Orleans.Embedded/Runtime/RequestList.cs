using Pythia.Embedded.References;

namespace Pythia.Embedded.Runtime;

/// <summary>Calls in the order they came, linked through themselves. A call is in one list at a time.</summary>
internal struct RequestList
{
    public Request? First { get; private set; }

    public int Count { get; private set; }

    private Request? Last { get; set; }

    public void Add(Request request)
    {
        request.Next = null;
        request.Previous = Last;
        if (Last is null)
        {
            First = request;
        }
        else
        {
            Last.Next = request;
        }

        Last = request;
        Count++;
    }

    public void Remove(Request request)
    {
        if (request.Previous is { } previous)
        {
            previous.Next = request.Next;
        }
        else
        {
            First = request.Next;
        }

        if (request.Next is { } next)
        {
            next.Previous = request.Previous;
        }
        else
        {
            Last = request.Previous;
        }

        request.Next = request.Previous = null;
        Count--;
    }

    /// <summary>Adds to <paramref name="expired"/> those whose callers wait no longer, and leaves them where they are.</summary>
    public readonly void FindExpired(int tick, ref List<Request>? expired)
    {
        for (var request = First; request is not null; request = request.Next)
        {
            if (request.ExpiresAt <= tick && !request.IsAnswered)
            {
                (expired ??= []).Add(request);
            }
        }
    }
}
