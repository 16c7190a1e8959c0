using System.Globalization;
using System.Security.Cryptography;
using Xunit.Abstractions;

namespace Pythia.Enclave.Tests.Proofs;

/// <summary>Random numbers whose seed is printed; PYTHIA_SEED repeats a run.</summary>
internal static class Seeded
{
    public static Random Start(ITestOutputHelper output)
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("PYTHIA_SEED"), NumberStyles.Integer, CultureInfo.InvariantCulture, out var given)
            ? given
            : RandomNumberGenerator.GetInt32(int.MaxValue);
        output.WriteLine($"PYTHIA_SEED={seed}");
        Console.WriteLine($"PYTHIA_SEED={seed}");
        return new Random(seed);
    }
}
