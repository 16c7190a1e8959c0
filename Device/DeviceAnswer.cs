using System.Collections.Immutable;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Facts;
using Pythia.Enclave.Verifier.Passports;

namespace Pythia.Device;

/// <summary>Why a device believes nothing. The numbers may be logged: add at the end.</summary>
public enum DeviceFault
{
    None = 0,

    /// <summary>No reply, or none that is an answer or a refusal.</summary>
    NoReply = 1,

    /// <summary>Someone on the way, perhaps the enclave, refused; the detail is what they say.</summary>
    Refused = 2,

    /// <summary>The answer is wrong; <see cref="DeviceAnswer.AnswerFault"/> says how.</summary>
    WrongAnswer = 3,

    /// <summary>The answer took longer than an answer may be old.</summary>
    TooOld = 4,

    /// <summary>The head is below one that was seen before, perhaps before a restart.</summary>
    HeadWentBack = 5,

    /// <summary>The head's time is before one that was seen before.</summary>
    TimeWentBack = 6,

    /// <summary>The heads' time does not advance with this device's uptime: someone holds newer heads back.</summary>
    HeadStandsStill = 7,

    /// <summary>The highest head could not be stored; it would be forgotten by a restart.</summary>
    NotStored = 8,

    /// <summary>The answer is signed with a key that no passport confirms, and nobody brought one.</summary>
    NoPassport = 9,

    /// <summary>The passport that was brought is not taken; <see cref="DeviceAnswer.PassportFault"/> says why.</summary>
    WrongPassport = 10,

    /// <summary>The passport that was brought is of another key than signed the answer.</summary>
    OtherKey = 11,

    /// <summary>The head is far behind the time that passports, or the device's clock, give.</summary>
    HeadTooOld = 12,

    /// <summary>Two enclaves of different operators were demanded, and there are not two.</summary>
    OneOperator = 13,

    /// <summary>Two enclaves of different operators were demanded, and the second does not say the same.</summary>
    Disagreement = 14,

    /// <summary>The chain says, by another enclave, that the key was ended; or nobody else says that it was not.</summary>
    KeyEnded = 15,
}

/// <summary>What a device made of one question.</summary>
public sealed class DeviceAnswer
{
    private readonly TimeProvider _time;
    private readonly long _askedAt;
    private readonly TimeSpan _maxAge;

    internal DeviceAnswer(
        DeviceFault fault, string detail, AnswerFault answerFault, AnswerBody? body, byte[]? encoded, byte[] request, TimeProvider time, long askedAt, TimeSpan maxAge)
    {
        (Fault, Detail, AnswerFault, Body, Encoded, Request) = (fault, detail, answerFault, body, encoded, request);
        (_time, _askedAt, _maxAge) = (time, askedAt, maxAge);
    }

    public DeviceFault Fault { get; }

    /// <summary>For people: what was found, what was expected; empty without a fault.</summary>
    public string Detail { get; }

    /// <summary>How the answer is wrong, with <see cref="DeviceFault.WrongAnswer"/>.</summary>
    public AnswerFault AnswerFault { get; }

    /// <summary>Why the passport is not taken, with <see cref="DeviceFault.WrongPassport"/>.</summary>
    public PassportFault PassportFault { get; init; }

    /// <summary>By which passport the enclave is believed; null with any fault, and for a pinned key.</summary>
    public Passport? Passport { get; init; }

    /// <summary>Key id of the verifier who signed <see cref="Passport"/>, in hex; null where the device judged evidence itself, and where there is no passport.</summary>
    internal string? Verifier { get; init; }

    /// <summary>What the enclave says; null with any fault.</summary>
    public AnswerBody? Body { get; }

    /// <summary>The bytes as they came, to be shown to others; null when none came.</summary>
    public byte[]? Encoded { get; }

    /// <summary>The request's bytes, which belong to <see cref="Encoded"/>.</summary>
    public byte[] Request { get; }

    /// <summary>Since it was asked, by the device's own timer.</summary>
    public TimeSpan Age => _time.GetElapsedTime(_askedAt);

    /// <summary>True while it may be acted on: no fault, and not too old by now.</summary>
    public bool IsUsable => Fault == DeviceFault.None && Age <= _maxAge;

    /// <summary>One result for each fact asked; none with any fault. Null permits nothing.</summary>
    public ImmutableArray<FactResult> Results => Body?.Results ?? [];

    // The same answer, believed no more.
    internal DeviceAnswer Refuted(DeviceFault fault, string detail)
        => new(fault, detail, AnswerFault.None, null, Encoded, Request, _time, _askedAt, _maxAge);

    public override string ToString() => Fault == DeviceFault.None ? $"block {Body!.Block}: {string.Join(" · ", Results)}" : $"{Fault}: {Detail}";
}

/// <summary>Whether a party may command, as long as it is asked: the permission ends by itself.</summary>
public sealed class DevicePermission
{
    internal DevicePermission(DeviceAnswer answer, DeviceAnswer? second = null) => (Answer, Second) = (answer, second);

    /// <summary>What it rests on; with a fault when two were demanded and there are not two that permit.</summary>
    public DeviceAnswer Answer { get; }

    /// <summary>What another operator's enclave says, where two were demanded; null where not.</summary>
    public DeviceAnswer? Second { get; }

    /// <summary>
    /// True only while a usable answer includes a permission, or both do where two were demanded. A fault, an absence, a null, a zero and an answer that has
    /// become too old permit nothing.
    /// </summary>
    public bool IsGiven => Permits(Answer) && (Second is null || Permits(Second));

    /// <summary>End of the permission in block time, inclusive, by whichever answer is sooner; 0 when there is none.</summary>
    public ulong NotAfterUnixSeconds => Second is null ? NotAfterOf(Answer) : Math.Min(NotAfterOf(Answer), NotAfterOf(Second));

    internal static bool Permits(DeviceAnswer answer)
        => answer.IsUsable
            && answer.Results is [{ Shape: FactResultShape.Array, Values: [{ IsNumber: true, Number: 1 }, { IsNumber: true }] }]
            && answer.Body!.UnixSeconds <= NotAfterOf(answer);

    private static ulong NotAfterOf(DeviceAnswer answer) => answer.Results is [{ Values: [_, { IsNumber: true, Number: var notAfter }] }] ? notAfter : 0;
}
