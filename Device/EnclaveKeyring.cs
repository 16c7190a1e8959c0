using System.Security.Cryptography;
using Pythia.Enclave.Attestation.Evidence;
using Pythia.Enclave.Attestation.Passports;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Enclave.Verifier.Cbor;
using Pythia.Enclave.Verifier.Passports;
using Pythia.Ethereum;

namespace Pythia.Device;

/// <summary>An enclave's key that a passport confirmed.</summary>
/// <param name="Key">Signs answers.</param>
/// <param name="Passport">What it was confirmed by; from an own check it was never signed.</param>
/// <param name="Verifier">Key id, in hex, of the verifier who signed the passport; null for an own check.</param>
/// <param name="AskedAt">Timestamp of the device's timer before the passport was asked for.</param>
/// <param name="ReceivedAt">Timestamp when it came.</param>
internal sealed record ConfirmedKey(Es256Key Key, Passport Passport, string? Verifier, long AskedAt, long ReceivedAt)
{
    /// <summary>True once another enclave has said that the chain knows nothing against it.</summary>
    public bool IsInForce { get; set; }
}

/// <summary>A confirmed key, or why there is none.</summary>
internal sealed record Confirmation(ConfirmedKey? Key, DeviceFault Fault, string Detail, PassportFault PassportFault = PassportFault.None);

/// <summary>
/// The enclave keys that a device believes at the moment, each by a passport that was checked once. A passport ends by whichever is first: the heads'
/// time, the device's clock if it has one, or the device's timer since it asked.
/// </summary>
internal sealed class EnclaveKeyring(PassportTrust trust, ReadOnlyMemory<byte> configurationHash, TimeProvider time) : IDisposable
{
    /// <summary>More enclaves than a device meets; the oldest goes first.</summary>
    private const int MostKeys = 8;

    private readonly Es256Key[] _verifiers = [.. trust.VerifierKeys.Select(key => Es256Key.TryImport(key)!)];
    private readonly List<ConfirmedKey> _keys = [];

    // The best lower bound on the time that a passport gave: when the timer was at Timestamp, it was UnixSeconds or later.
    private (long Timestamp, ulong UnixSeconds)? _issued;

    /// <summary>Unix seconds that it is by now, or later, by all that the device knows.</summary>
    /// <param name="headUnixSeconds">Time of the highest head known.</param>
    public ulong NowAtLeast(ulong headUnixSeconds)
    {
        var passports = _issued is { } issued ? issued.UnixSeconds + (ulong)time.GetElapsedTime(issued.Timestamp).TotalSeconds : 0;
        var clock = trust.HasClock ? ToUnixSeconds(time.GetUtcNow() - trust.ClockError) : 0;
        return Math.Max(headUnixSeconds, Math.Max(passports, clock));
    }

    /// <summary>A key whose passport holds still; null when there is none with that id.</summary>
    public ConfirmedKey? Find(ReadOnlySpan<byte> keyId, ulong headUnixSeconds)
    {
        var now = NowAtLeast(headUnixSeconds);
        foreach (var key in _keys.Where(key => !Holds(key, now)).ToArray()) Remove(key);
        foreach (var key in _keys)
        {
            if (key.Key.KeyId.Span.SequenceEqual(keyId)) return key;
        }

        return null;
    }

    /// <summary>True while the passport has not ended.</summary>
    public bool Holds(ConfirmedKey key, ulong nowAtLeast)
        => key.Passport.ExpiresUnixSeconds > nowAtLeast
            && time.GetElapsedTime(key.AskedAt).TotalSeconds < key.Passport.ExpiresUnixSeconds - key.Passport.IssuedUnixSeconds;

    /// <summary>What is wrong with a head of that time; null when nothing is.</summary>
    public string? FindProblemOfHead(ulong unixSeconds, ulong rememberedUnixSeconds)
    {
        var least = NowAtLeast(rememberedUnixSeconds);
        var lag = (ulong)trust.MostHeadLag.TotalSeconds;
        return unixSeconds + lag >= least ? null : $"head time {unixSeconds} found, {least - lag} or later expected: it is {least} at least";
    }

    /// <summary>Fetches a passport, or evidence, of the enclave that signs with this key, checks it and keeps the key.</summary>
    public async Task<Confirmation> ConfirmAsync(IDeviceTransport transport, ReadOnlyMemory<byte> keyId, ulong headUnixSeconds, CancellationToken cancellationToken)
    {
        // 1. with a nonce where nothing else says that the passport is of today
        ReadOnlyMemory<byte>? nonce = trust.HasClock && trust.OwnPolicy is null ? null : new(RandomNumberGenerator.GetBytes(Passport.NonceBytes));
        var askedAt = time.GetTimestamp();
        var ask = new PassportQuery(keyId, nonce);
        var reply = trust.OwnPolicy is null ? await transport.FetchPassportAsync(ask, cancellationToken) : await transport.FetchEvidenceAsync(ask, cancellationToken);
        var receivedAt = time.GetTimestamp();
        if (reply.Answer is not { } bytes)
        {
            return new Confirmation(null, DeviceFault.NoPassport, reply.Problem is { } problem ? $"{problem.Title}: {problem.Detail}" : reply.Trouble ?? "nothing came");
        }

        // 2. who vouches, 3. for what
        var expectation = Expect(nonce, headUnixSeconds);
        var (verdict, verifier) = trust.OwnPolicy is { } policy ? (JudgeEvidence(bytes, policy, expectation), null) : CheckPassport(bytes, expectation);
        if (!verdict.IsTaken) return new Confirmation(null, DeviceFault.WrongPassport, $"{verdict.Fault}: {verdict.Detail}", verdict.Fault);

        // 4. kept; of which key it is, the caller sees
        var confirmed = new ConfirmedKey(Es256Key.TryImport(verdict.Passport!.SigningKey.AsSpan())!, verdict.Passport, verifier, askedAt, receivedAt);
        Keep(confirmed);
        return new Confirmation(confirmed, DeviceFault.None, "");
    }

    public void Dispose()
    {
        foreach (var key in _verifiers.Concat(_keys.Select(key => key.Key))) key.Dispose();
    }

    public void Remove(ConfirmedKey key)
    {
        if (_keys.Remove(key)) key.Key.Dispose();
    }

    private PassportExpectation Expect(ReadOnlyMemory<byte>? nonce, ulong headUnixSeconds) => new()
    {
        ConfigurationHash = configurationHash,
        Measurements = trust.Measurements,
        Platforms = trust.Platforms,
        LeastTier = trust.LeastTier,
        AllowDebug = trust.AllowDebug,
        Nonce = nonce,
        NowAtLeast = NowAtLeast(headUnixSeconds),
        NowAtMost = trust.HasClock ? ToUnixSeconds(time.GetUtcNow() + trust.ClockError) : ulong.MaxValue,
        MostLifetimeSeconds = (ulong)trust.MostLifetime.TotalSeconds,
    };

    // The key id only says which verifier to try first.
    private (PassportVerdict Verdict, string? Verifier) CheckPassport(byte[] passport, PassportExpectation expectation)
    {
        _ = SignedPassport.Decode(passport, out var signed);
        PassportVerdict? first = null;
        foreach (var verifier in _verifiers.OrderByDescending(key => signed is not null && key.KeyId.Span.SequenceEqual(signed.KeyId)))
        {
            var verdict = PassportCheck.Check(passport, verifier, expectation);
            if (verdict.Fault != PassportFault.Signature) return (verdict, Hex.Format(verifier.KeyId.Span));

            first ??= verdict;
        }

        return (first!, null);
    }

    private PassportVerdict JudgeEvidence(byte[] evidence, PassportPolicy policy, PassportExpectation expectation)
    {
        var error = EnclaveEvidence.Decode(evidence, out var read);
        if (error != CborError.None) return new PassportVerdict(PassportFault.Evidence, $"{evidence.Length} bytes that are no evidence: {error}", null);

        var verdict = EvidenceJudge.Judge(read!, policy, QuoteFreshness.OwnNonce, time.GetUtcNow(), trust.MostLifetime);
        return verdict.Claims is { } claims
            ? PassportCheck.Appraise(claims, expectation)
            : new PassportVerdict(PassportFault.Evidence, string.Join("; ", verdict.Reasons.Select(reason => $"{reason.Name}: {reason.Detail}")), null);
    }

    private void Keep(ConfirmedKey confirmed)
    {
        foreach (var same in _keys.Where(key => key.Key.PublicKey.SequenceEqual(confirmed.Key.PublicKey)).ToArray()) Remove(same);
        if (_keys.Count == MostKeys) Remove(_keys[0]);
        _keys.Add(confirmed);

        var issued = confirmed.Passport.IssuedUnixSeconds;
        var known = _issued is { } last ? last.UnixSeconds + (ulong)time.GetElapsedTime(last.Timestamp, confirmed.ReceivedAt).TotalSeconds : 0;
        if (issued > known) _issued = (confirmed.ReceivedAt, issued);
    }

    private static ulong ToUnixSeconds(DateTimeOffset at) => (ulong)Math.Max(0, at.ToUnixTimeSeconds());
}
