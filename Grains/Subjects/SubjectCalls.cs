using Pythia.Grains.Consents;
using Pythia.Grains.Devices;
using Pythia.Grains.Ledgers;
using Pythia.Grains.Mirror;
using Pythia.Grains.Owners;
using Pythia.Grains.Policies;

namespace Pythia.Grains.Subjects;

/// <summary>Calls a subject whose kind is only known as a value.</summary>
internal static class SubjectCalls
{
    public static Task FlushAsync(IGrainFactory grains, IntentSubject subject) => subject.Kind switch
    {
        SubjectKind.Manufacturer => grains.GetGrain<IManufacturerGrain>(subject.Key).FlushAsync(),
        SubjectKind.Device => grains.GetGrain<IDeviceGrain>(subject.Key).FlushAsync(),
        SubjectKind.Owner => grains.GetGrain<IOwnerGrain>(subject.Key).FlushAsync(),
        SubjectKind.Consent => grains.GetGrain<IConsentGrain>(subject.Key).FlushAsync(),
        SubjectKind.Policy => grains.GetGrain<IPolicyGrain>(subject.Key).FlushAsync(),
        _ => throw Unknown(subject),
    };

    public static Task SettleAsync(IGrainFactory grains, IntentSubject subject, string digest) => subject.Kind switch
    {
        SubjectKind.Manufacturer => grains.GetGrain<IManufacturerGrain>(subject.Key).SettleAsync(digest),
        SubjectKind.Device => grains.GetGrain<IDeviceGrain>(subject.Key).SettleAsync(digest),
        SubjectKind.Owner => grains.GetGrain<IOwnerGrain>(subject.Key).SettleAsync(digest),
        SubjectKind.Consent => grains.GetGrain<IConsentGrain>(subject.Key).SettleAsync(digest),
        SubjectKind.Policy => grains.GetGrain<IPolicyGrain>(subject.Key).SettleAsync(digest),
        _ => throw Unknown(subject),
    };

    public static Task ApplyAsync(IGrainFactory grains, IntentSubject subject, LedgerEvent ledgerEvent) => subject.Kind switch
    {
        SubjectKind.Manufacturer => grains.GetGrain<IManufacturerGrain>(subject.Key).ApplyAsync(ledgerEvent),
        SubjectKind.Device => grains.GetGrain<IDeviceGrain>(subject.Key).ApplyAsync(ledgerEvent),
        SubjectKind.Owner => grains.GetGrain<IOwnerGrain>(subject.Key).ApplyAsync(ledgerEvent),
        SubjectKind.Consent => grains.GetGrain<IConsentGrain>(subject.Key).ApplyAsync(ledgerEvent),
        SubjectKind.Policy => grains.GetGrain<IPolicyGrain>(subject.Key).ApplyAsync(ledgerEvent),
        _ => throw Unknown(subject),
    };

    private static InvalidOperationException Unknown(IntentSubject subject)
        => new($"Subject kind {subject.Kind} of {subject.Key} found, {string.Join(", ", Enum.GetNames<SubjectKind>())} expected");
}
