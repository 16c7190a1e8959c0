using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Pythia.Gateway.Telemetry;
using Shouldly;

namespace Pythia.Gateway.Tests.Telemetry;

/// <summary>What the console shows of an event, and what it keeps.</summary>
public sealed class ConsoleTests
{
    private const string Device = "0x77777777777777777777777777777777777777777777777777777777777777aa";
    private const string Owner = "0x88887777777777777777777777777777777777bb";
    private const string Digest = "0x99997777777777777777777777777777777777777777777777777777777777cc";

    [Theory]
    [InlineData("text")]
    [InlineData("json")]
    public void Write_FromInformationOn_CutsWhomItNames(string format)
    {
        var line = Write(format, LogLevel.Warning, $"Grain device/31337/{Device} of {Owner} failed, intent {Digest}", new InvalidOperationException($"owner {Owner}"));
        line.ShouldContain("device/31337/0x7777");
        line.ShouldNotContain(Device);
        line.ShouldNotContain(Owner);
        line.ShouldContain(Digest);
    }

    [Fact]
    public void Write_AtDebug_IsWhole() => Write("text", LogLevel.Debug, $"device/31337/{Device}", null).ShouldContain(Device);

    [Fact]
    public void Write_Json_IsOneObjectALineWithTraceAndEventId()
    {
        var line = Write("json", LogLevel.Error, "two\nlines", null);
        line.TrimEnd('\n').ShouldNotContain('\n');
        var json = JsonNode.Parse(line)!;
        ((int)json["EventId"]!).ShouldBe(42);
        ((string)json["Message"]!).ShouldBe("two\nlines");
        ((string)json["Timestamp"]!).ShouldEndWith("Z");
    }

    private static string Write(string format, LogLevel level, string message, Exception? exception)
    {
        using var services = new ServiceCollection().AddLogging(logging => logging.AddPythiaConsole(format)).BuildServiceProvider();
        var formatter = services.GetServices<ConsoleFormatter>().Single(f => f.Name == "pythia");
        using var line = new StringWriter();
        formatter.Write(new LogEntry<string>(level, "Pythia.Test", new EventId(42), message, exception, (state, _) => state), new LoggerExternalScopeProvider(), line);
        return line.ToString();
    }
}
