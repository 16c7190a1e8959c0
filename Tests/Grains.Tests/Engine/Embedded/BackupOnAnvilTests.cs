using Pythia.Contracts.DevChain;
using Pythia.Contracts.Registries;
using Pythia.Embedded.Sqlite;
using Pythia.Grains.Mirror;
using Pythia.Tests.Support;

namespace Pythia.Tests.Anvil;

/// <summary>An old backup under a chain that has gone on: nothing is carried out twice, and the mirror says what the chain says.</summary>
public sealed class BackupOnAnvilTests(AnvilMirror mirror) : IClassFixture<AnvilMirror>, IDisposable
{
    private readonly DirectoryInfo _backup = Directory.CreateTempSubdirectory("pythia-old-");

    public void Dispose() => _backup.Delete(recursive: true);

    [Fact]
    public async Task Restore_OfABackupOlderThanTheChain_CarriesOutNothingTwiceAndGoesOn()
    {
        // 1. some are final, some are accepted and unsent or unmined at the moment of the backup, which is made under load
        var done = Publish("done", 10);
        await SubmitAsync(done);
        await Task.WhenAll(done.Select(act => mirror.UntilAsync(act, IntentStage.Final)));
        await mirror.Rpc.SetAutomineAsync(false);
        var underWay = Publish("under way", 20);
        await SubmitAsync(underWay);
        SqliteBackup.Copy(DurableStorage.Files(mirror.Folder), _backup.FullName, null, CancellationToken.None);

        // 2. the chain and the silo go on: those, and more that the backup does not know
        var later = Publish("later", 20);
        await SubmitAsync(later);
        await mirror.Rpc.SetAutomineAsync(true);
        await mirror.Rpc.MineAsync();
        await Task.WhenAll(underWay.Concat(later).Select(act => mirror.UntilAsync(act, IntentStage.Final)));

        // 3. back to the old state
        await mirror.RestartAsync(() =>
        {
            foreach (var file in Directory.GetFiles(mirror.Folder, "*.db*")) File.Delete(file);
            foreach (var file in Directory.GetFiles(_backup.FullName)) File.Copy(file, Path.Combine(mirror.Folder, Path.GetFileName(file)));
        });
        foreach (var act in done.Concat(underWay)) Assert.Equal((IntentStage.Final, ""), Outcome(await mirror.UntilAsync(act, IntentStage.Final)));

        // 4. and on: new ones are carried out, those that the backup did not know may be sent again without effect
        var more = Publish("more", 10);
        await SubmitAsync(more);
        foreach (var act in later) await mirror.SubmitAsync(act, mirror.People.Alice);
        foreach (var act in more) Assert.Equal((IntentStage.Final, ""), Outcome(await mirror.UntilAsync(act, IntentStage.Final)));
        foreach (var act in later) await mirror.UntilAsync(act, IntentStage.Final);
        await mirror.FollowedAsync();

        var carriedOut = await mirror.CarriedOutAsync();
        foreach (var act in done.Concat(underWay).Concat(later).Concat(more)) Assert.Equal(1, carriedOut[act.Digest(mirror.ChainId)]);
    }

    private static (IntentStage Stage, string Reason) Outcome(IntentView view) => (view.Stage, view.Reason);

    private PublishAct[] Publish(string name, int count)
        => [.. Enumerable.Range(0, count).Select(i => new PublishAct(
            mirror.People.Header(mirror.People.Alice, RegistryKind.PolicyRegistry), [.. System.Text.Encoding.UTF8.GetBytes($"{name} {i}")]))];

    private async Task SubmitAsync(IEnumerable<PublishAct> acts)
    {
        foreach (var act in acts) Assert.Equal(IntentVerdict.Accepted, (await mirror.SubmitAsync(act, mirror.People.Alice)).Verdict);
    }
}
