using Pythia.Grains.Consents;
using Pythia.Grains.Devices;
using Pythia.Grains.Ledgers;
using Pythia.Grains.Mirror;
using Pythia.Grains.Owners;
using Pythia.Grains.Policies;
using Pythia.Grains.Registry;

namespace Pythia.Grains.Subjects;

/// <summary>Finds a subject whose kind is only known as a value.</summary>
internal static class SubjectLookup
{
    public static ISubjectGrain GetSubject(this IGrainFactory grains, IntentSubject subject) => subject.Kind switch
    {
        SubjectKind.Manufacturer => grains.GetGrain<IManufacturerGrain>(subject.Key),
        SubjectKind.Device => grains.GetGrain<IDeviceGrain>(subject.Key),
        SubjectKind.Owner => grains.GetGrain<IOwnerGrain>(subject.Key),
        SubjectKind.Consent => grains.GetGrain<IConsentGrain>(subject.Key),
        SubjectKind.Policy => grains.GetGrain<IPolicyGrain>(subject.Key),
        _ => throw new InvalidOperationException($"Subject kind {subject.Kind} of {subject.Key} found, one that takes acts expected"),
    };

    public static IMirroredGrain GetMirrored(this IGrainFactory grains, IntentSubject subject) => subject.Kind switch
    {
        SubjectKind.Grantee => grains.GetGrain<IGranteeGrain>(subject.Key),
        SubjectKind.Batch => grains.GetGrain<IDeviceBatchGrain>(subject.Key),
        SubjectKind.PythiaRegistry => grains.GetGrain<IPythiaRegistryGrain>(subject.Key),
        SubjectKind.EnclaveKey => grains.GetGrain<IEnclaveKeyGrain>(subject.Key),
        _ => grains.GetSubject(subject),
    };
}
