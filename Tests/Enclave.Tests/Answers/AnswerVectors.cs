using System.Text.Json;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Ethereum;
using Pythia.Vectors;
using Shouldly;

namespace Pythia.Enclave.Tests.Answers;

/// <summary>Reads <c>Tests/Vectors/answers/answers.json</c>; its SOURCE.md says who made it.</summary>
internal sealed record AnswerVectors(
    string PrivateKey,
    string PublicKey,
    string KeyId,
    AnswerVectors.ConfigurationVector Configuration,
    string ConfigurationHash,
    AnswerVectors.AnswerVector[] Answers)
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);

    internal static AnswerVectors Shared { get; } = Read();

    internal byte[] Config => Convert.FromHexString(ConfigurationHash);

    internal AnswerVector Find(string name) => Answers.Single(answer => string.Equals(answer.Name, name, StringComparison.Ordinal));

    internal Es256Key ImportKey() => Es256Key.TryImport(Convert.FromHexString(PublicKey)).ShouldNotBeNull();

    private static AnswerVectors Read()
    {
        var path = Path.Combine(SharedVectors.RepositoryRoot, "Tests", "Vectors", "answers", "answers.json");
        var vectors = JsonSerializer.Deserialize<AnswerVectors>(File.ReadAllText(path), Options).ShouldNotBeNull();
        vectors.Answers.Length.ShouldBe(9);
        return vectors;
    }

    internal sealed record ConfigurationVector(ulong ChainId, string Genesis, byte Level, ContractVector[] Contracts)
    {
        internal EnclaveConfiguration ToConfiguration() => new(
            ChainId,
            Hash32.Parse("0x" + Genesis),
            [.. Contracts.Select(contract => new ConfiguredContract(contract.Name, Address.Parse("0x" + contract.Address), Hash32.Parse("0x" + contract.CodeHash)))],
            Level);
    }

    internal sealed record ContractVector(string Name, string Address, string CodeHash);

    internal sealed record AnswerVector(string Name, string Request, string Results, string Answer, int Bytes)
    {
        internal byte[] RequestBytes => Convert.FromHexString(Request);

        internal byte[] AnswerBytes => Convert.FromHexString(Answer);

        internal Request DecodeRequest()
        {
            Verifier.Answers.Request.Decode(RequestBytes, out var request, out var detail).ShouldBe(RequestError.None, detail);
            return request!;
        }
    }
}
