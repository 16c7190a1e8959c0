using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pythia.Silo.Hosting;

namespace Pythia.Silo.Demo;

/// <summary>A step came out otherwise than the life says.</summary>
public sealed class UnexpectedException(string step, string found, string expected)
    : Exception($"{step}: {found} found, {expected} expected");

/// <summary>Where an act stands on the chain.</summary>
public sealed record MinedAct(string TransactionHash, ulong Block, ulong GasUsed);

/// <summary>Prints the life: a line a step, or with <c>--json</c> an object a line.</summary>
public sealed class DemoReport(Progress progress, bool json)
{
    private readonly long _started = Stopwatch.GetTimestamp();
    private int _steps;

    public int Steps => _steps;

    public int Answers { get; private set; }

    public int AnswerBytes { get; private set; }

    public int Refusals { get; private set; }

    public ulong Gas { get; private set; }

    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_started);

    /// <summary>A headline between steps.</summary>
    public void Chapter(string title)
    {
        if (!json) progress.Say($"{Environment.NewLine}── {title}");
    }

    /// <summary>What needs no number.</summary>
    public void Note(string text)
    {
        if (json) WriteJson(new JsonObject { ["note"] = text });
        else progress.Say($"      {text}");
    }

    /// <summary>Somebody did something, and the chain has it.</summary>
    public void Acted(string who, string what, MinedAct mined, TimeSpan took)
    {
        Gas += mined.GasUsed;
        Write(who, what, new JsonObject
        {
            ["transaction"] = mined.TransactionHash,
            ["gas"] = mined.GasUsed,
            ["block"] = mined.Block,
            ["milliseconds"] = Milliseconds(took),
        }, $"tx {mined.TransactionHash[..12]}… · {Number(mined.GasUsed)} gas · block {mined.Block} · {Milliseconds(took)} ms");
    }

    /// <summary>Somebody tried what is not allowed, and was refused for a named reason.</summary>
    public void Refused(string who, string what, string byWhom, string reason, TimeSpan took)
    {
        Refusals++;
        Write(who, what, new JsonObject { ["refusedBy"] = byWhom, ["reason"] = reason, ["milliseconds"] = Milliseconds(took) },
            $"refused by {byWhom}: {reason} · {Milliseconds(took)} ms");
    }

    /// <summary>The device asked and believed the answer.</summary>
    public void Told(string question, string answer, int bytes, ulong block, TimeSpan took)
    {
        Answers++;
        AnswerBytes += bytes;
        Write("device", question, new JsonObject
        {
            ["told"] = answer,
            ["answerBytes"] = bytes,
            ["block"] = block,
            ["milliseconds"] = Milliseconds(took),
        }, $"told: {answer} · {bytes} B · block {block} · {Milliseconds(took)} ms");
    }

    /// <summary>A node lied; what became of it.</summary>
    /// <param name="answered">The device was told the truth all the same: the answer does not rest on what the lie was about.</param>
    public void Lied(string lie, string reasons, bool answered, TimeSpan took)
    {
        Refusals++;
        Write("node", $"lie {lie}", new JsonObject { ["met"] = reasons, ["answered"] = answered, ["milliseconds"] = Milliseconds(took) },
            $"{reasons}{(answered ? "; the answer is true" : "")} · {Milliseconds(took)} ms");
    }

    public void Summary(IReadOnlyList<(string Name, string Value)> figures)
    {
        if (json)
        {
            WriteJson(new JsonObject { ["summary"] = new JsonObject(figures.Select(f => KeyValuePair.Create(f.Name, (JsonNode?)f.Value))) });
            return;
        }

        progress.Say("");
        progress.Say("── Summary");
        var width = figures.Max(figure => figure.Name.Length);
        foreach (var (name, value) in figures) progress.Say($"   {name.PadRight(width)}  {value}");
    }

    public static string Number(ulong value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static long Milliseconds(TimeSpan took) => (long)Math.Round(took.TotalMilliseconds);

    private void Write(string who, string what, JsonObject figures, string line)
    {
        _steps++;
        if (json)
        {
            var members = new JsonObject { ["step"] = _steps, ["who"] = who, ["what"] = what };
            foreach (var (name, value) in figures) members[name] = value?.DeepClone();
            WriteJson(members);
        }
        else progress.Say($"[{_steps,2}] {who}: {what} · {line}");
    }

    private void WriteJson(JsonObject members) => progress.Say(members.ToJsonString(JsonSerializerOptions.Default));
}
