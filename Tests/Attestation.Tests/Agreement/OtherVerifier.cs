using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pythia.Enclave.Attestation.Evidence;

namespace Pythia.Tests.Agreement;

/// <summary>A verifier that others wrote, in a process of its own; a line each way. It looks neither at signatures nor at dates of CRLs.</summary>
internal sealed class OtherVerifier : IDisposable
{
    private readonly Process _process;

    public OtherVerifier()
    {
        var start = new ProcessStartInfo("node", [Path.Combine(AgreementFactAttribute.Folder, "judge.mjs")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        _process = Process.Start(start) ?? throw new InvalidOperationException("node did not start");
    }

    /// <summary>Its status and advisories, or the error it stopped at.</summary>
    /// <param name="root">DER of the root certificate to trust; null: Intel's.</param>
    public async Task<(string? Status, string[] AdvisoryIds, string? Error)> JudgeAsync(byte[] quote, QuoteCollateral collateral, DateTimeOffset now, byte[]? root)
    {
        var question = new JsonObject
        {
            ["quote"] = Convert.ToHexStringLower(quote),
            ["now"] = now.ToUnixTimeSeconds(),
            ["root"] = root is null ? null : Convert.ToHexStringLower(root),
            ["tcbInfo"] = Text(collateral.TcbInfo),
            ["tcbInfoChain"] = Text(collateral.TcbInfoIssuerChain),
            ["qeIdentity"] = Text(collateral.QeIdentity),
            ["qeIdentityChain"] = Text(collateral.QeIdentityIssuerChain),
            ["rootCrl"] = Hex(collateral.RootCaCrl),
            ["pckCrl"] = Hex(collateral.PckCrl),
            ["pckChain"] = collateral.PckChain is null ? null : Text(collateral.PckChain),
        };
        await _process.StandardInput.WriteLineAsync(question.ToJsonString());
        await _process.StandardInput.FlushAsync();
        var line = await _process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("the other verifier ended");
        using var answer = JsonDocument.Parse(line);
        return answer.RootElement.TryGetProperty("error", out var error)
            ? (null, [], error.GetString())
            : (answer.RootElement.GetProperty("status").GetString(), [.. answer.RootElement.GetProperty("advisoryIds").EnumerateArray().Select(id => id.GetString()!)], null);
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(TimeSpan.FromSeconds(10))) _process.Kill();
        _process.Dispose();
    }

    private static string Text(ReadOnlyMemory<byte>? piece) => piece is { } found ? Encoding.UTF8.GetString(found.Span) : "";

    private static string Hex(ReadOnlyMemory<byte>? piece) => piece is { } found ? Convert.ToHexStringLower(found.Span) : "";
}
