namespace Pythia.Grains.Telemetry;

/// <summary>What keeps a loop from going on, and since when. A round that finds the same again leaves the beginning as it was, so that whoever
/// looks in between sees neither a gap nor a new trouble. Used inside the grain's turns only.</summary>
internal sealed class StandingTrouble<TCode>(TimeProvider time)
    where TCode : struct, Enum
{
    private bool _said;

    /// <summary>The default value where there is none.</summary>
    public TCode Code { get; private set; }

    /// <summary>For people; empty where there is none.</summary>
    public string Words { get; private set; } = "";

    /// <summary>When this code was first found, by the silo's clock; 0 where there is none.</summary>
    public long SinceUnixMs { get; private set; }

    /// <summary>This round found something.</summary>
    public void Say(TCode code, string words)
    {
        if (!EqualityComparer<TCode>.Default.Equals(code, Code) || SinceUnixMs == 0)
        {
            SinceUnixMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        }

        (Code, Words, _said) = (code, words, true);
    }

    /// <summary>A round ends: what it did not find again is over.</summary>
    public void EndRound()
    {
        if (!_said)
        {
            (Code, Words, SinceUnixMs) = (default, "", 0);
        }

        _said = false;
    }
}
