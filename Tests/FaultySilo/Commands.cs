using System.Text;
using Pythia.Grains;
using Pythia.Grains.Consents;
using Pythia.Grains.Devices;
using Pythia.Grains.Mirror;
using Pythia.Grains.Owners;
using Pythia.Grains.Policies;

namespace Pythia.FaultySilo;

/// <summary>Standard output, a whole line at a time.</summary>
internal sealed class Lines
{
    private readonly Lock _gate = new();

    public void Say(string line)
    {
        lock (_gate)
        {
            Console.Out.WriteLine(line.ReplaceLineEndings(" "));
            Console.Out.Flush();
        }
    }
}

/// <summary>What the parent wants.</summary>
internal sealed class Commands(IGrainFactory grains, ulong chainId, Lines console)
{
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(10);

    public async Task RunAsync()
    {
        while (await Console.In.ReadLineAsync() is { } line && line != "stop")
        {
            var words = line.Split(' ');
            _ = words[0] switch
            {
                "submit" => Task.Run(() => SubmitAsync(words[1], words[2], words[3], words[4], words[5])),
                "settle" => Task.Run(() => SettleAsync(words[1])),
                _ => throw new InvalidOperationException($"command {words[0]} found, submit, settle or stop expected"),
            };
        }
    }

    private async Task SubmitAsync(string digest, string kind, string key, string act, string signature)
    {
        try
        {
            var intent = new SignedIntent(Encoding.UTF8.GetString(Convert.FromBase64String(act)), [.. Convert.FromBase64String(signature)]);
            var receipt = await Subject(Enum.Parse<SubjectKind>(kind), key).SubmitAsync(intent);
            console.Say(receipt.Verdict is IntentVerdict.Accepted or IntentVerdict.AlreadyAccepted
                ? $"ack {receipt.Digest}"
                : $"no {digest} {receipt.Verdict} {receipt.Detail}");
        }
        catch (Exception e)
        {
            console.Say($"lost {digest} {e.GetType().Name} {e.Message}");
        }
    }

    private async Task SettleAsync(string digest)
    {
        var intent = grains.GetGrain<IIntentGrain>(GrainKeys.Of(chainId, digest));
        var version = -1L;
        while (true)
        {
            try
            {
                var view = await intent.WaitAsync(version, Poll);
                if (view.Stage is IntentStage.Final or IntentStage.Failed or IntentStage.Unknown)
                {
                    console.Say($"settled {digest} {view.Stage} {view.Reason}");
                    return;
                }

                version = view.Version;
            }
            catch (Exception e) when (e is OrleansException or TimeoutException)
            {
                console.Say($"waiting {digest} {e.Message}");
            }
        }
    }

    private ISubjectGrain Subject(SubjectKind kind, string id) => kind switch
    {
        SubjectKind.Manufacturer => grains.GetGrain<IManufacturerGrain>(GrainKeys.Of(chainId, id)),
        SubjectKind.Device => grains.GetGrain<IDeviceGrain>(GrainKeys.Of(chainId, id)),
        SubjectKind.Owner => grains.GetGrain<IOwnerGrain>(GrainKeys.Of(chainId, id)),
        SubjectKind.Consent => grains.GetGrain<IConsentGrain>(GrainKeys.Of(chainId, id)),
        SubjectKind.Policy => grains.GetGrain<IPolicyGrain>(GrainKeys.Of(chainId, id)),
        _ => throw new InvalidOperationException($"subject kind {kind} found"),
    };
}
