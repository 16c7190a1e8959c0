using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.Configuration;
using Pythia.Contracts.JsonRpc;
using Pythia.Contracts.Keys;
using Pythia.Contracts.Registries;
using Pythia.Contracts.Transactions;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Ethereum;
using Pythia.Silo.Keys;
using Pythia.Silo.Options;

namespace Pythia.Silo.Commands;

/// <summary>What is known of a key that is to be registered.</summary>
internal sealed record KeyToRegister(byte[] Key, byte[] AgreementKey, Hash32 Measurement, Hash32 Configuration, string Operator, FileInfo Evidence, int Days);

/// <summary>Prepares endorsers' acts from what the chain says now, and sends them. Nothing of the data folder is locked: a silo may run on it.</summary>
internal sealed class RegistryActs : IDisposable
{
    private readonly HttpClient _http;
    private readonly JsonRpcClient _rpc;
    private readonly RelayOptions _relay;
    private readonly DeploymentManifest _contracts;
    private readonly PythiaRegistryReader _reader;
    private readonly ulong _now;
    private readonly ulong _deadline;

    private RegistryActs(HttpClient http, JsonRpcClient rpc, RelayOptions relay, DeploymentManifest contracts, ulong now, int hours)
    {
        (_http, _rpc, _relay, _contracts, _now) = (http, rpc, relay, contracts, now);
        _reader = new PythiaRegistryReader(rpc, contracts.PythiaRegistry);
        _deadline = now + ((ulong)hours * 3_600);
    }

    public JsonRpcClient Rpc => _rpc;

    public PythiaRegistryReader Reader => _reader;

    public DeploymentManifest Contracts => _contracts;

    private Address Contract => _contracts.PythiaRegistry;

    /// <summary>The first relaying account of the settings; the caller disposes of it.</summary>
    /// <exception cref="StartException">A file is missing or of another password.</exception>
    public EthereumKey? OpenPayer()
    {
        var keys = RelayKeys.Open(_relay);
        foreach (var other in keys.Skip(1)) other.Dispose();
        return keys.Count > 0 ? keys[0] : null;
    }

    /// <exception cref="StartException">No node or manifest is named, or they are of different chains.</exception>
    public static async Task<RegistryActs> OpenAsync(IConfiguration configuration, int hours, CancellationToken cancellationToken)
    {
        var chain = SiloSettings.ReadOne<ChainOptions>(configuration, ChainOptions.Section);
        var data = SiloSettings.ReadOne<DataOptions>(configuration, DataOptions.Section);
        var relay = SiloSettings.ReadOne<RelayOptions>(configuration, RelayOptions.Section);
        if (chain.Rpc.Count == 0) throw new StartException("Chain:Rpc: nothing found, the URL of a node expected", SiloCommandLine.WrongInput);

        var path = Path.GetFullPath(string.IsNullOrEmpty(chain.Manifest) ? Path.Combine(data.Folder, "contracts.json") : chain.Manifest);
        var contracts = DeploymentManifest.Load(path) ?? throw new StartException($"Chain:Manifest: no file {path} found; the command deploy writes it", SiloCommandLine.WrongInput);
        var http = JsonRpcHttp.Create();
        try
        {
            var rpc = new JsonRpcClient(http, new JsonRpcOptions { Nodes = [.. chain.Rpc.Select(url => new Uri(url))] }, TimeProvider.System);
            var found = await rpc.ChainIdAsync(cancellationToken);
            if (found != contracts.ChainId) throw new StartException($"{path}: chain {contracts.ChainId} found, {found} of {chain.Rpc[0]} expected");

            var head = await rpc.BlockAsync(BlockTag.Latest, cancellationToken) ?? throw new StartException($"Chain:Rpc: no latest block found at {chain.Rpc[0]}");
            return new RegistryActs(http, rpc, relay, contracts, head.UnixSeconds, hours);
        }
        catch
        {
            http.Dispose();
            throw;
        }
    }

    public void Dispose() => _http.Dispose();

    public async Task<string> EndorseMeasurementAsync(Hash32 measurement, CancellationToken cancellationToken)
    {
        var place = await _reader.IndexOfMeasurementAsync(measurement, cancellationToken: cancellationToken);
        if (place != 0) throw new StartException($"measurement {measurement} stands already, at place {place}");

        var next = (await _reader.CountsAsync(cancellationToken: cancellationToken)).Measurements + 1;
        return Show(new EndorseMeasurementAct(Contract, _deadline, measurement, next));
    }

    public async Task<string> WithdrawMeasurementAsync(Hash32 measurement, CancellationToken cancellationToken)
        => Show(new WithdrawMeasurementAct(Contract, _deadline, measurement, await PlaceOfMeasurementAsync(measurement, cancellationToken)));

    /// <summary>Shows on standard error what is in the configuration, so that who endorses it sees it.</summary>
    public async Task<string> EndorseConfigurationAsync(EnclaveConfiguration configuration, CancellationToken cancellationToken)
    {
        foreach (var line in RegistryConfiguration.Describe(configuration)) await Console.Error.WriteLineAsync(line);
        if (RegistryConfiguration.FindProblem(configuration, _contracts) is { } problem) throw new StartException($"this configuration must not be endorsed here: {problem}");

        var hash = Hash32.FromSpan(configuration.ComputeHash());
        var place = await _reader.IndexOfConfigurationAsync(hash, cancellationToken: cancellationToken);
        if (place != 0) throw new StartException($"configuration {hash} stands already, at place {place}");

        var next = (await _reader.CountsAsync(cancellationToken: cancellationToken)).Configurations + 1;
        return Show(new EndorseConfigurationAct(Contract, _deadline, hash, next));
    }

    public async Task<string> WithdrawConfigurationAsync(Hash32 configuration, CancellationToken cancellationToken)
        => Show(new WithdrawConfigurationAct(Contract, _deadline, configuration, await PlaceOfConfigurationAsync(configuration, cancellationToken)));

    public async Task<string> RevokeKeyAsync(Hash32 keyId, CancellationToken cancellationToken)
    {
        var key = await _reader.KeyAsync(keyId, cancellationToken: cancellationToken);
        return key.Status is EnclaveKeyStatus.Revoked or EnclaveKeyStatus.Faulted
            ? throw new StartException($"key {keyId} is {key.Status} already")
            : Show(new RevokeKeyAct(Contract, _deadline, keyId));
    }

    public async Task<string> RegisterKeyAsync(KeyToRegister key, CancellationToken cancellationToken)
    {
        var registration = new KeyRegistration(
            Hash32.FromSpan(key.Key.AsSpan(0, 32)),
            Hash32.FromSpan(key.Key.AsSpan(32)),
            Hash32.FromSpan(SHA256.HashData(key.AgreementKey)),
            await PlaceOfMeasurementAsync(key.Measurement, cancellationToken),
            await PlaceOfConfigurationAsync(key.Configuration, cancellationToken),
            KeyRegistration.OperatorOf(key.Operator),
            _now + ((ulong)key.Days * 86_400),
            Hash32.FromSpan(SHA256.HashData(await File.ReadAllBytesAsync(key.Evidence.FullName, cancellationToken))));
        var known = await _reader.KeyAsync(registration.KeyId, cancellationToken: cancellationToken);
        return known.Status != EnclaveKeyStatus.Unknown
            ? throw new StartException($"key {registration.KeyId} is {known.Status} already, and a key is registered once")
            : Show(new RegisterKeyAct(Contract, _deadline, registration, key.Measurement, key.Configuration));
    }

    public async Task<string> ChangeEndorsersAsync(string[] addresses, int threshold, CancellationToken cancellationToken)
    {
        var (_, version) = await _reader.EndorsersAsync(cancellationToken: cancellationToken);
        return Show(new ChangeEndorsersAct(Contract, _deadline, RegistrySigning.EndorsersOf(addresses, threshold), version));
    }

    /// <summary>Sends what <paramref name="file"/> holds with these signatures.</summary>
    public async Task<string> SendAsync(FileInfo file, string[] signatures, CancellationToken cancellationToken)
    {
        var message = RegistrySigning.Read(file);
        var act = await ActOfAsync(message, cancellationToken);
        if (act.Digest(_contracts.ChainId) != message.Digest)
            throw new StartException($"{file.FullName}: an act for another chain or contract found, chain {_contracts.ChainId} and PythiaRegistry {Contract} expected");

        var (endorsers, _) = await _reader.EndorsersAsync(cancellationToken: cancellationToken);
        var call = act.EncodeCall(signatures.Select(signature => RegistrySigning.EndorsementOf(signature, message.Digest, endorsers)));
        return await SendCallAsync(act.PrimaryType, call, cancellationToken);
    }

    /// <summary>Sends a call to PythiaRegistry, paid by the first relaying account.</summary>
    /// <param name="what">For people: what is carried out.</param>
    /// <exception cref="StartException">There is no account, or the contract refuses it; nothing is sent then.</exception>
    public async Task<string> SendCallAsync(string what, byte[] call, CancellationToken cancellationToken)
    {
        var keys = RelayKeys.Open(_relay);
        try
        {
            if (keys.Count == 0) throw new StartException("Relay:KeystoreFile: nothing found, a file (or 0x and 64 hex digits in Relay:Key) expected", SiloCommandLine.WrongInput);

            var sender = new DirectSender(_rpc, keys[0], _contracts.ChainId, new FeePolicy(), TimeProvider.System);
            var receipt = await sender.SendAsync(Contract, call, cancellationToken: cancellationToken);
            return receipt.Succeeded
                ? $"{what} in block {receipt.BlockNumber}, transaction {receipt.TransactionHash}, {receipt.GasUsed} gas"
                : throw new StartException($"{what} was refused in transaction {receipt.TransactionHash}");
        }
        catch (RpcException e)
        {
            throw new StartException($"{what} is refused: {(e.RevertData() is { Length: > 0 } reason ? RegistryErrors.Describe(reason) : e.Message)}", e);
        }
        catch (FeeAboveCapException e)
        {
            throw new StartException($"{what} is not sent: {e.Message}", e);
        }
        finally
        {
            foreach (var key in keys) key.Dispose();
        }
    }

    /// <summary>For people: endorsers, lists and one key.</summary>
    public async Task<IReadOnlyList<string>> DescribeAsync(Hash32? keyId, CancellationToken cancellationToken)
    {
        var (endorsers, version) = await _reader.EndorsersAsync(cancellationToken: cancellationToken);
        var counts = await _reader.CountsAsync(cancellationToken: cancellationToken);
        var lines = new List<string> { $"PythiaRegistry {Contract}: {endorsers.Threshold} of {endorsers.Members.Length} endorsers, version {version}" };
        lines.AddRange(endorsers.Members.Select((member, i) => $"  endorser {i}: {member}"));
        for (var i = 1U; i <= counts.Measurements; i++) lines.Add(Place("measurement", i, await _reader.MeasurementAtAsync(i, cancellationToken: cancellationToken)));
        for (var i = 1U; i <= counts.Configurations; i++) lines.Add(Place("configuration", i, await _reader.ConfigurationAtAsync(i, cancellationToken: cancellationToken)));
        if (keyId is { } id)
        {
            var key = await _reader.KeyAsync(id, cancellationToken: cancellationToken);
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"  key {id}: {key.Status}, measurement {key.Measurement}, configuration {key.Configuration}, until {DateTimeOffset.FromUnixTimeSeconds((long)key.NotAfter):u}"));
        }

        return lines;

        static string Place(string list, uint index, Hash32 value) => $"  {list} {index}: {(value.IsZero ? "withdrawn" : value)}";
    }

    private async Task<EndorsedAct> ActOfAsync(TypedDataMessage message, CancellationToken cancellationToken)
    {
        var fields = new TypedDataFields(message);
        var deadline = fields.Number("deadline");
        return message.Schema.PrimaryType switch
        {
            "EndorseMeasurement" => new EndorseMeasurementAct(Contract, deadline, fields.Hash("measurement"), (uint)fields.Number("index")),
            "WithdrawMeasurement" => new WithdrawMeasurementAct(Contract, deadline, fields.Hash("measurement"), (uint)fields.Number("index")),
            "EndorseConfiguration" => new EndorseConfigurationAct(Contract, deadline, fields.Hash("configuration"), (uint)fields.Number("index")),
            "WithdrawConfiguration" => new WithdrawConfigurationAct(Contract, deadline, fields.Hash("configuration"), (uint)fields.Number("index")),
            "RevokeKey" => new RevokeKeyAct(Contract, deadline, fields.Hash("keyId")),
            "ChangeEndorsers" => new ChangeEndorsersAct(
                Contract, deadline, RegistrySigning.EndorsersOf(fields.Texts("endorsers"), (int)fields.Number("threshold")), (uint)fields.Number("version")),
            "RegisterKey" => new RegisterKeyAct(
                Contract,
                deadline,
                new KeyRegistration(
                    fields.Hash("x"),
                    fields.Hash("y"),
                    fields.Hash("agreementKeyHash"),
                    await PlaceOfMeasurementAsync(fields.Hash("measurement"), cancellationToken),
                    await PlaceOfConfigurationAsync(fields.Hash("configuration"), cancellationToken),
                    [.. fields.Bytes("operator")],
                    fields.Number("notAfter"),
                    fields.Hash("evidence")),
                fields.Hash("measurement"),
                fields.Hash("configuration")),
            var other => throw new StartException($"{other} found, an act of PythiaRegistry expected", SiloCommandLine.WrongInput),
        };
    }

    private async Task<uint> PlaceOfMeasurementAsync(Hash32 measurement, CancellationToken cancellationToken)
        => await _reader.IndexOfMeasurementAsync(measurement, cancellationToken: cancellationToken) is var place and not 0
            ? place
            : throw new StartException($"measurement {measurement} is not endorsed");

    private async Task<uint> PlaceOfConfigurationAsync(Hash32 configuration, CancellationToken cancellationToken)
        => await _reader.IndexOfConfigurationAsync(configuration, cancellationToken: cancellationToken) is var place and not 0
            ? place
            : throw new StartException($"configuration {configuration} is not endorsed");

    private string Show(EndorsedAct act) => act.ToTypedDataJson(_contracts.ChainId);
}
