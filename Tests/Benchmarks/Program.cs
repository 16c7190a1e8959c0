using System.CommandLine;
using Pythia.Benchmarks;
using Pythia.Benchmarks.Measuring;

// Measures what the project promises, always against a peer or a limit in the same run:
//   dotnet run -c Release --project Tests/Benchmarks -- [NAME …] [--smoke] [--out FOLDER]
var all = EngineBenchmarks.All;

// What a start is held against is started in the same way.
if (args is ["--bare"])
{
    await using var bare = await BareEndpoint.StartAsync([], CancellationToken.None);
    Console.WriteLine($"Up. {bare.Url("answer")}");
    await Task.Delay(Timeout.Infinite);
}

var names = new Argument<string[]>("name") { Description = $"What to measure: {string.Join(", ", all.Select(b => b.Name))}. All without a name." };
names.AcceptOnlyFromAmong([.. all.Select(b => b.Name)]);
var smoke = new Option<bool>("--smoke") { Description = "Short and small: shows that it runs, says nothing about speed." };
var output = new Option<DirectoryInfo?>("--out") { Description = "Also writes each page to this folder, as NAME.md." };
var root = new RootCommand("Benchmarks of Orleans.Pythia: ratios against a peer in the same run.") { names, smoke, output };
root.SetAction(async (parsed, stop) =>
{
    var chosen = parsed.GetValue(names) is { Length: > 0 } some ? [.. all.Where(b => some.Contains(b.Name, StringComparer.Ordinal))] : all;
    foreach (var benchmark in chosen)
    {
        var report = new Report();
        report.Begin(benchmark.Name, TimeProvider.System.GetUtcNow());
        await benchmark.RunAsync(parsed.GetValue(smoke) ? Scale.Smoke : Scale.Full, report, stop);
        Console.Write(report);
        if (parsed.GetValue(output) is not { } folder) continue;

        folder.Create();
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, $"{benchmark.Name}.md"), report.ToString(), stop);
    }

    return 0;
});
return await root.Parse(args).InvokeAsync();
