using Pythia.Contracts.Registries;
using Pythia.Grains.Mirror;
using Pythia.Tests.Support;

namespace Pythia.Tests.Mirror;

/// <summary>Notes of who may have something unsent, where two activations of a grain are at work: one was taken for dead, and goes on.</summary>
public sealed class SweepTests
{
    [Fact]
    public async Task Clear_ByOneThatLookedBeforeAnotherAccepted_LeavesTheNoteThatTheOtherNeeds()
    {
        await using var world = await MirrorWorld.StartAsync();
        var act = Publish(world, "late");
        var (subject, sweep) = SubjectOf(world, act);

        // The one taken for dead knows this note, found nothing unsent and stored that; before it clears the note, the other accepts and dies.
        var known = await sweep.NoteAsync(subject);
        world.Storage.FailsOn = (name, _) => name == "intent";
        Assert.Equal(IntentVerdict.Accepted, (await world.SubmitAsync(act, world.People.Manufacturer)).Verdict);
        await sweep.ClearAsync(subject, known);
        await sweep.NoteAsync(subject with { Kind = SubjectKind.Intent }); // any other note stores what was cleared
        Assert.Equal(IntentStage.Unknown, (await world.Intent(act).GetAsync()).Stage);
        await world.StopHostAsync();
        world.Storage.FailsOn = (_, _) => false;
        await world.StartHostAsync();

        await world.UntilAsync(act, IntentStage.Mined);
    }

    [Fact]
    public async Task Submit_AnotherSweepHasStoredSince_IsAcknowledgedOnlyWithANoteThatIsStored()
    {
        await using var world = await MirrorWorld.StartAsync();
        var act = Publish(world, "noted");
        var (subject, sweep) = SubjectOf(world, act);
        world.Chain.Mine();
        await world.FollowedAsync(); // it begins when the sweeps of the start are over
        await sweep.SweepAsync();
        await sweep.NoteAsync(subject);

        // What this activation believes to be noted is not any more. It refuses, or the next activation, which reads what is there, notes anew.
        world.Storage.FailsOn = (name, _) => name == "intent";
        world.Storage.Forget(name => name.StartsWith("sweep/", StringComparison.Ordinal));
        await UntilTakenAsync(() => world.SubmitAsync(act, world.People.Manufacturer));
        Assert.True(IsNoted(world, subject));

        world.Storage.FailsOn = (_, _) => false;
        await world.RestartAsync();
        await world.UntilAsync(act, IntentStage.Mined);
    }

    [Fact]
    public async Task Flush_NothingUnsent_IsStoredBeforeTheNoteIsCleared()
    {
        await using var world = await MirrorWorld.StartAsync();
        var act = Publish(world, "settled");
        await world.CarryOutAsync(act, world.People.Manufacturer);
        await world.FollowedAsync();
        var (subject, sweep) = SubjectOf(world, act);

        // Where it can't be stored, another activation may still accept something: the note stands.
        world.Storage.FailsOn = (name, _) => name == "policy";
        await sweep.NoteAsync(subject);
        await sweep.SweepAsync();
        await sweep.SweepAsync();
        Assert.True(IsNoted(world, subject));
        world.Storage.FailsOn = (_, _) => false;
        await UntilNobodyIsNotedAsync(sweep);
    }

    [Fact]
    public async Task Resume_IntentWithAnOutcome_IsStoredBeforeTheNoteIsCleared()
    {
        await using var world = await MirrorWorld.StartAsync();
        var act = Publish(world, "final");
        await world.CarryOutAsync(act, world.People.Manufacturer);
        await world.FollowedAsync();
        var subject = new IntentSubject(SubjectKind.Intent, MirrorWorld.Key(act.Digest(MirrorWorld.ChainId)));
        var sweep = world.Grains.GetGrain<IOutboxSweepGrain>(OutboxSweepGrain.KeyOf(MirrorWorld.ChainId, subject));

        world.Storage.FailsOn = (name, _) => name == "intent";
        await sweep.NoteAsync(subject);
        await sweep.SweepAsync();
        await sweep.SweepAsync();
        Assert.True(IsNoted(world, subject));
        world.Storage.FailsOn = (_, _) => false;
        await UntilNobodyIsNotedAsync(sweep);
        Assert.Equal(IntentStage.Final, (await world.Intent(act).GetAsync()).Stage);
    }

    private static (IntentSubject Subject, IOutboxSweepGrain Sweep) SubjectOf(MirrorWorld world, PublishAct act)
    {
        var subject = new IntentSubject(SubjectKind.Policy, MirrorWorld.Key(act.PolicyId));
        return (subject, world.Grains.GetGrain<IOutboxSweepGrain>(OutboxSweepGrain.KeyOf(MirrorWorld.ChainId, subject)));
    }

    private static bool IsNoted(MirrorWorld world, IntentSubject subject) => world.Storage.Records.Any(r =>
        r.Key.StartsWith("sweep/", StringComparison.Ordinal) && System.Text.Encoding.UTF8.GetString(r.Value).Contains(subject.Key, StringComparison.Ordinal));

    // A sweep that is under way already is shared: its answer may be of before.
    private static async Task UntilNobodyIsNotedAsync(IOutboxSweepGrain sweep)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (await sweep.SweepAsync() > 0)
        {
            await Task.Delay(20, patience.Token);
        }
    }

    private static PublishAct Publish(MirrorWorld world, string text)
        => new(world.People.Header(world.People.Manufacturer, RegistryKind.PolicyRegistry), [.. System.Text.Encoding.UTF8.GetBytes(text)]);

    // An activation that was found to be old ends by itself; nothing tells when.
    private static async Task UntilTakenAsync(Func<Task<IntentReceipt>> submit)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            try
            {
                Assert.Equal(IntentVerdict.Accepted, (await submit()).Verdict);
                return;
            }
            catch (OrleansException)
            {
                await Task.Delay(20, patience.Token);
            }
        }
    }
}
