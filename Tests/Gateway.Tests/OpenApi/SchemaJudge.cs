using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pythia.Contracts.DevChain;

namespace Pythia.Gateway.Tests.OpenApi;

/// <summary>One ajv for all tests of this process: says whether requests and answers are as the OpenAPI document says. The process ends with
/// its standard input.</summary>
internal sealed class SchemaJudge
{
    // One for all: there is one judge.
    private static readonly SemaphoreSlim Turn = new(1, 1);
    private static readonly SemaphoreSlim Opening = new(1, 1);
    private static SchemaJudge? s_only;

    private readonly Process _process;

    private SchemaJudge(Process process) => _process = process;

    /// <summary>Opens it with the document on first use.</summary>
    public static async Task<SchemaJudge> OpenAsync(Func<Task<string>> readDocumentAsync)
    {
        await Opening.WaitAsync();
        try
        {
            return s_only ??= await StartAsync(await readDocumentAsync());
        }
        finally
        {
            Opening.Release();
        }
    }

    /// <summary>What is wrong with an exchange; null if nothing is.</summary>
    public async Task<string?> JudgeAsync(JsonObject exchange)
    {
        await Turn.WaitAsync();
        try
        {
            return await AskAsync(exchange.ToJsonString());
        }
        finally
        {
            Turn.Release();
        }
    }

    private static async Task<SchemaJudge> StartAsync(string document)
    {
        var contracts = ContractsFolder.Find();
        await NodeModules.EnsureAsync(contracts, TimeProvider.System);
        var start = new ProcessStartInfo("node", [Path.Combine(AppContext.BaseDirectory, "OpenApi", "judge.mjs"), contracts.Path])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        var judge = new SchemaJudge(Process.Start(start) ?? throw new InvalidOperationException("node did not start"));
        return await judge.AskAsync(JsonSerializer.Serialize(JsonNode.Parse(document))) is { } wrong ? throw new InvalidOperationException(wrong) : judge;
    }

    private async Task<string?> AskAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
        return await _process.StandardOutput.ReadLineAsync() switch
        {
            "ok" => null,
            null => throw new InvalidOperationException("the judge has ended: its errors are on standard error"),
            var wrong => wrong,
        };
    }
}

/// <summary>Judges every exchange of a test by the OpenAPI document; streams of events and what is cut off are let through.</summary>
internal sealed class JudgedHandler(HttpMessageHandler inner, Func<Task<string>> readDocumentAsync) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Content is not null) await request.Content.LoadIntoBufferAsync(cancellationToken);
        var requestBody = request.Content is null ? null : await request.Content.ReadAsStringAsync(cancellationToken);
        var response = await base.SendAsync(request, cancellationToken);
        if (response.Content.Headers.ContentType?.MediaType == "text/event-stream") return response;

        await response.Content.LoadIntoBufferAsync(cancellationToken);
        var judge = await SchemaJudge.OpenAsync(readDocumentAsync);
        var wrong = await judge.JudgeAsync(new JsonObject
        {
            ["method"] = request.Method.Method.ToLowerInvariant(),
            ["path"] = request.RequestUri!.AbsolutePath,
            ["status"] = (int)response.StatusCode,
            ["contentType"] = response.Content.Headers.ContentType?.ToString(),
            ["body"] = await response.Content.ReadAsStringAsync(cancellationToken),
            ["requestType"] = request.Content?.Headers.ContentType?.ToString(),
            ["requestBody"] = requestBody,
        });
        return wrong is null ? response : throw new InvalidOperationException($"not as the OpenAPI document says: {wrong}");
    }
}
