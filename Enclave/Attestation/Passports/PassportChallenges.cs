using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Pythia.Enclave.Attestation.Passports;

/// <summary>
/// A verifier's own part of the nonce that it has quoted. Nobody else can make one, none can be known before its time, and the verifier keeps none: each
/// carries when it was made, under a MAC. All who hold the verifier's key know one another's. Safe for concurrent calls.
/// </summary>
/// <remarks><code>
/// challenge, 24 bytes = | 0 made: u40, Unix seconds, big-endian | 5 random: 3 | 8 mac: 16 |
/// mac = HMAC-SHA256(secret, "pythia/challenge/1" ‖ made ‖ random)[0..15]
/// nonce of the quote, 32 bytes = | 0 device's nonce or zeros: 8 | 8 challenge: 24 |
/// </code></remarks>
public sealed class PassportChallenges
{
    public const int ChallengeBytes = 24;

    /// <summary>How far the clocks of two machines that hold one verifier's key may be apart.</summary>
    public static readonly TimeSpan MostAhead = TimeSpan.FromSeconds(5);

    private const int MadeBytes = 5;
    private const int MacAt = 8;

    private readonly byte[] _secret;

    /// <param name="secret">32 bytes that only the verifier has.</param>
    /// <param name="lifetime">How long after a challenge was made a quote over it counts as fresh.</param>
    internal PassportChallenges(byte[] secret, TimeSpan lifetime) => (_secret, Lifetime) = (secret, lifetime);

    /// <summary>How long after a challenge was made a quote over it counts as fresh.</summary>
    public TimeSpan Lifetime { get; }

    /// <summary>Makes one.</summary>
    /// <param name="now">From 1970 on.</param>
    public byte[] Make(DateTimeOffset now)
    {
        var challenge = new byte[ChallengeBytes];
        Span<byte> made = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(made, (ulong)now.ToUnixTimeSeconds());
        made[^MadeBytes..].CopyTo(challenge);
        RandomNumberGenerator.Fill(challenge.AsSpan(MadeBytes, MacAt - MadeBytes));
        ComputeMac(challenge).CopyTo(challenge.AsSpan(MacAt));
        return challenge;
    }

    /// <summary>What is wrong with 24 bytes as a challenge of this verifier at this moment; null when nothing is.</summary>
    /// <param name="challenge">Untrusted, 24 bytes.</param>
    /// <param name="now">From a trusted clock.</param>
    /// <param name="made">When it was made; only without a refusal.</param>
    internal PassportRefusal? FindProblem(ReadOnlySpan<byte> challenge, DateTimeOffset now, out DateTimeOffset made)
    {
        made = default;
        if (!challenge.ContainsAnyExcept((byte)0)) return PassportRefusal.ChallengeMissing;
        if (challenge.Length != ChallengeBytes || !CryptographicOperations.FixedTimeEquals(ComputeMac(challenge), challenge[MacAt..])) return PassportRefusal.ChallengeForeign;

        Span<byte> seconds = stackalloc byte[sizeof(ulong)];
        seconds.Clear();
        challenge[..MadeBytes].CopyTo(seconds[^MadeBytes..]);
        made = DateTimeOffset.FromUnixTimeSeconds((long)BinaryPrimitives.ReadUInt64BigEndian(seconds)); // our own MAC is on it: it was a date
        now = DateTimeOffset.FromUnixTimeSeconds(now.ToUnixTimeSeconds()); // as a challenge counts
        return made > now + MostAhead ? PassportRefusal.ChallengeAhead
            : now - made > Lifetime ? PassportRefusal.ChallengeExpired
            : null;
    }

    private byte[] ComputeMac(ReadOnlySpan<byte> challenge)
    {
        ReadOnlySpan<byte> context = "pythia/challenge/1"u8;
        Span<byte> input = stackalloc byte[context.Length + MacAt];
        context.CopyTo(input);
        challenge[..MacAt].CopyTo(input[context.Length..]);
        return HMACSHA256.HashData(_secret, input)[..(ChallengeBytes - MacAt)];
    }
}
