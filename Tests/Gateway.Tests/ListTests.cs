using System.Net;
using System.Text.Json.Nodes;
using Pythia.Grains.History;
using Pythia.Grains.Ledgers;
using Pythia.Grains.Owners;
using Shouldly;

namespace Pythia.Gateway.Tests;

/// <summary>Pages and their cursors, on the lists that are for everyone.</summary>
public sealed class ListTests : IAsyncLifetime
{
    private static readonly string Maker = "0x" + new string('b', 40);
    private static readonly string Batches = $"/v1/chains/31337/manufacturers/{Maker}/batches";
    private static readonly string History = $"/v1/chains/31337/policies/{Id(7)}/history";

    private GatewayFixture _gateway = null!;

    public async Task InitializeAsync()
    {
        _gateway = await GatewayFixture.StartAsync();
        _gateway.Grains.On<IOwnerIndexGrain>("ListAsync", call =>
        {
            var (after, limit) = ((string?)call.Arguments[0], (int)call.Arguments[1]!);
            var all = Enumerable.Range(0, 5).Select(Id).Where(id => after is null || string.CompareOrdinal(id, after) > 0).ToList();
            return Task.FromResult(new OwnerIndexPage([.. all.Take(limit).Select(id => new OwnerIndexItem(id, 1, "", null))], all.Count > limit ? all[limit - 1] : null));
        });
        _gateway.Grains.On<IHistoryGrain>("ReadAsync", call =>
        {
            var (before, limit) = ((long?)call.Arguments[0] ?? 5, (int)call.Arguments[1]!);
            var entries = Enumerable.Range(0, limit).Select(i => before - 1 - i).Where(n => n >= 0).Select(Entry).ToList();
            return Task.FromResult(new HistoryPage([.. entries], entries[^1].Sequence > 0 ? entries[^1].Sequence : null, 5));
        });
    }

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    [Fact]
    public async Task List_PageByPage_HasEveryEntryOnce()
    {
        var found = await ReadAllAsync(Batches, "id");

        found.ShouldBe(Enumerable.Range(0, 5).Select(Id));
        _gateway.Grains.Calls.ShouldAllBe(call => call.Key == $"31337/{Maker}/batches/");
    }

    [Fact]
    public async Task History_PageByPage_IsNewestFirst()
    {
        (await ReadAllAsync(History, "sequence")).ShouldBe(["4", "3", "2", "1", "0"]);
        _gateway.Grains.Calls[0].Key.ShouldBe($"31337/policy/{Id(7)}");
    }

    [Theory]
    [InlineData("limit=0", "bad-number")]
    [InlineData("limit=201", "bad-number")]
    [InlineData("limit=x", "bad-number")]
    [InlineData("cursor=", "bad-cursor")]
    [InlineData("cursor=AAAA", "bad-cursor")]
    [InlineData("cursor=%22", "bad-cursor")]
    public async Task Page_BadQuestion_IsRefusedAndNoGrainIsAsked(string query, string name)
    {
        foreach (var list in new[] { Batches, History })
        {
            using var response = await _gateway.Client.GetAsync($"{list}?{query}");
            response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
            ((string?)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["type"]).ShouldBe("urn:pythia:problem:" + name);
        }

        _gateway.Grains.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Cursor_OfAnotherListOrChanged_IsRefused()
    {
        var cursor = (string)(await ReadAsync($"{Batches}?limit=2"))["next"]!;
        var changed = cursor[..^2] + (cursor[^2] == 'A' ? 'B' : 'A') + cursor[^1];
        foreach (var path in new[] { $"{History}?cursor={cursor}", $"{Batches.Replace('b', 'c')}?cursor={cursor}", $"{Batches}?cursor={cursor[..20]}", $"{Batches}?cursor={changed[..12]}" })
        {
            using var response = await _gateway.Client.GetAsync(path);
            response.IsSuccessStatusCode.ShouldBeFalse(path);
        }
    }

    private static string Id(int number) => $"0x{number:x64}";

    private static HistoryEntry Entry(long number)
        => new(number, new LedgerPosition(7, Id(1), 1, 0, Id(2)), "PolicyPublished", [new HistoryField("policyId", Id(7))], IsFinal: true);

    private async Task<List<string>> ReadAllAsync(string path, string member)
    {
        var found = new List<string>();
        var next = $"{path}?limit=2";
        while (true)
        {
            using var response = await _gateway.Client.GetAsync(next);
            var page = JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsObject();
            found.AddRange(page["items"]!.AsArray().Select(item => $"{item![member]}"));
            if (page["next"] is null)
            {
                response.Headers.Contains("Link").ShouldBeFalse();
                return found;
            }

            var link = response.Headers.GetValues("Link").Single();
            link.ShouldEndWith(">; rel=\"next\"");
            next = link[1..link.IndexOf('>', StringComparison.Ordinal)];
            next.ShouldEndWith($"cursor={page["next"]}");
        }
    }

    private async Task<JsonObject> ReadAsync(string path) => JsonNode.Parse(await _gateway.Client.GetStringAsync(path))!.AsObject();
}
