using System.CommandLine;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Pythia.Contracts.JsonRpc;
using Pythia.Contracts.Registries;
using Pythia.Contracts.Transactions;
using Pythia.Enclave.Verifier.Answers;
using Pythia.Ethereum;
using Pythia.Gateway;
using Pythia.Gateway.Registry;

namespace Pythia.Silo.Commands;

/// <summary>
/// <c>registry revoke-own-key</c>: 1. a running silo has its enclave end a key by its own word, 2. the word is checked, 3. the first relaying account carries it
/// to the chain. With <c>--word</c> only the last two: for a word that is stored and was not sent.
/// </summary>
internal static class RegistryRevokeOwnKey
{
    private const int WordBytes = Es256Key.PublicKeyBytes + Es256Key.SignatureBytes;
    private const int MostBytes = 1 << 20;

    private static readonly TimeSpan SiloPatience = TimeSpan.FromSeconds(30);

    public static Command Build(SettingsOptions settings)
    {
        var enclave = new Option<string?>("--enclave") { Description = "Name of the enclave whose key ends.", HelpName = "ID" };
        var operations = RegistryEndorse.UrlOption("--operations", "The operators' address of a silo (Operations:Url) that has it.");
        var next = new Option<bool>("--next") { Description = "Ends the key that is announced, and not the one that signs." };
        var kid = new Option<string?>("--kid")
        {
            Description = "The key's id in answers, 16 hex digits, in the place of the one that signs now: asked again, the same key's word comes back.",
            HelpName = "HEX",
        };
        kid.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } id && !IsKid(id)) result.AddError($"--kid: '{id}' found, {2 * SignedAnswer.KeyIdBytes} lower-case hex digits expected");
        });
        var word = new Option<byte[]?>("--word")
        {
            Description = "A word that is stored (ownRevocation in the key's view): x, y, r and s, 128 bytes.",
            HelpName = "HEX",
            CustomParser = result =>
            {
                if (Hex.TryParse(result.Tokens[0].Value, out var bytes) && bytes.Length == WordBytes) return bytes;

                result.AddError($"--word: 0x and {2 * WordBytes} hex digits expected");
                return null;
            },
        };
        var command = new Command("revoke-own-key", "Has an enclave end one of its keys, which signs nothing from then on, and tells the chain.") { enclave, operations, next, kid, word };
        command.SetAction((parsed, stop) => RunAsync(
            settings.Read(parsed), parsed.GetValue(enclave), parsed.GetValue(operations), parsed.GetValue(next), parsed.GetValue(kid), parsed.GetValue(word), stop));
        return command;
    }

    private static bool IsKid(string text) => text.Length == 2 * SignedAnswer.KeyIdBytes && text.All(char.IsAsciiHexDigitLower);

    private static async Task<int> RunAsync(IConfigurationRoot configuration, string? enclave, Uri? operations, bool next, string? kid, byte[]? word, CancellationToken stop)
    {
        if (word is { Length: 0 }) word = null;
        if ((word is null) == (enclave is null || operations is null))
            throw new StartException("either --enclave and --operations, or --word expected", SiloCommandLine.WrongInput);
        if (kid is not null && (next || word is not null)) throw new StartException("--kid names the key: neither --next nor --word expected beside it", SiloCommandLine.WrongInput);

        using var acts = await RegistryActs.OpenAsync(configuration, hours: 0, stop);

        // 1. the word
        word ??= await AskAsync(operations!, enclave!, acts.Contracts.ChainId, next, kid, stop);

        // 2. checked
        var (key, signature) = (word[..Es256Key.PublicKeyBytes], word[Es256Key.PublicKeyBytes..]);
        var keyId = Es256Key.ComputeFingerprint(key);
        if (!OwnRevocation.IsSigned(acts.Contracts.ChainId, acts.Contracts.PythiaRegistry, key, signature))
            throw new StartException($"key {keyId}: a word found that is not its own for PythiaRegistry {acts.Contracts.PythiaRegistry} of chain {acts.Contracts.ChainId}");

        Console.Error.WriteLine($"word {Hex.Format(word)}");
        var status = (await new PythiaRegistryReader(acts.Rpc, acts.Contracts.PythiaRegistry).KeyAsync(keyId, cancellationToken: stop)).Status;
        if (status == EnclaveKeyStatus.Unknown)
        {
            Console.Out.WriteLine($"key {keyId} has ended and is not registered at PythiaRegistry, which takes no word of it yet. Where endorsers have signed it, it can still be registered: send --word again then, or have them carry out `prepare revoke-key` now");
            return SiloCommandLine.DoesNotHold;
        }

        if (status is not (EnclaveKeyStatus.Active or EnclaveKeyStatus.Expired or EnclaveKeyStatus.Withdrawn))
        {
            Console.Out.WriteLine($"key {keyId} has ended and is {status} at PythiaRegistry: nothing to send");
            return SiloCommandLine.AllHolds;
        }

        // 3. sent
        Console.Out.WriteLine(await SendAsync(acts, keyId, key, signature, stop));
        return SiloCommandLine.AllHolds;
    }

    private static async Task<byte[]> AskAsync(Uri operations, string enclave, ulong chainId, bool next, string? kid, CancellationToken stop)
    {
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = SiloPatience, MaxResponseContentBufferSize = MostBytes };
        var path = new Uri(operations, $"/enclaves/{chainId}/{Uri.EscapeDataString(enclave)}/keys");
        var named = kid;
        try
        {
            if (named is null)
            {
                var keys = await ReadAsync<OperatorsKeysJson>(await http.GetAsync(path, stop), path, stop);
                var wanted = next ? "next" : "now";
                var key = keys.Keys.FirstOrDefault(each => each?.Signs == wanted) ?? throw new StartException($"{enclave}: no key that signs {wanted} found");
                if (!IsKid(key.Kid)) throw new StartException($"{path}: kid '{key.Kid}' found, {2 * SignedAnswer.KeyIdBytes} lower-case hex digits expected");

                named = key.Kid;
                await Console.Error.WriteLineAsync($"kid {named}, key {key.KeyId}");
            }
        }
        catch (Exception e) when (IsSilence(e, stop))
        {
            throw new StartException($"{operations}: {e.Message}", e);
        }

        // Whether it was done is not known any more when this fails, and "the key that signs now" may be another: named, no other ends.
        try
        {
            var revocation = new Uri(operations, $"{path.AbsolutePath}/{named}/revocation");
            var said = await ReadAsync<OwnRevocationJson>(await http.PostAsync(revocation, content: null, stop), revocation, stop);
            if (!Hex.TryParse(said.SigningKey, out var signer) || !Hex.TryParse(said.Signature, out var signature) || signer.Length != Es256Key.PublicKeyBytes || signature.Length != Es256Key.SignatureBytes)
                throw new StartException($"{revocation}: no word found, x, y, r and s expected");

            var found = Convert.ToHexStringLower(Es256Key.ComputeKeyId(signer));
            return found == named ? [.. signer, .. signature] : throw new StartException($"{revocation}: the word of key {found} found");
        }
        catch (Exception e) when (e is StartException || IsSilence(e, stop))
        {
            throw new StartException($"{e.Message}; ask again with --kid {named}, the same key's word comes back", e);
        }
    }

    private static bool IsSilence(Exception e, CancellationToken stop)
        => e is HttpRequestException || (e is OperationCanceledException && !stop.IsCancellationRequested);

    private static async Task<T> ReadAsync<T>(HttpResponseMessage response, Uri path, CancellationToken stop)
    {
        using (response)
        {
            var body = await response.Content.ReadAsStringAsync(stop);
            if (!response.IsSuccessStatusCode) throw new StartException($"{path}: {(int)response.StatusCode} {body}");

            try
            {
                return JsonSerializer.Deserialize<T>(body, GatewayJson.Options) ?? throw new StartException($"{path}: null found, {typeof(T).Name} expected");
            }
            catch (JsonException e)
            {
                throw new StartException($"{path}: {e.Message}", e);
            }
        }
    }

    private static async Task<string> SendAsync(RegistryActs acts, Hash32 keyId, byte[] key, byte[] signature, CancellationToken stop)
    {
        using var payer = acts.OpenPayer() ?? throw new StartException("Relay:KeystoreFile: nothing found, the account that pays expected; the word stands above and in the key's view", SiloCommandLine.WrongInput);
        var call = EnclaveKeyCalls.RevokeOwnKey(
            Hash32.FromSpan(key.AsSpan(0, 32)), Hash32.FromSpan(key.AsSpan(32)), Hash32.FromSpan(signature.AsSpan(0, 32)), Hash32.FromSpan(signature.AsSpan(32)));
        try
        {
            var sender = new DirectSender(acts.Rpc, payer, acts.Contracts.ChainId, new FeePolicy(), TimeProvider.System);
            var receipt = await sender.SendAsync(acts.Contracts.PythiaRegistry, call, cancellationToken: stop);
            return receipt.Succeeded
                ? $"key {keyId} is revoked by its own word in block {receipt.BlockNumber}, transaction {receipt.TransactionHash}, {receipt.GasUsed} gas"
                : throw new StartException($"key {keyId}: its word was refused in transaction {receipt.TransactionHash}");
        }
        catch (Exception e) when (e is FeeAboveCapException or RpcUnavailableException)
        {
            throw new StartException($"key {keyId}: {e.Message}; its word stands above, send it with --word", e);
        }
        catch (RpcException e)
        {
            throw new StartException($"key {keyId}: {(e.RevertData() is { Length: > 0 } reason ? RegistryErrors.Describe(reason) : e.Message)}", e);
        }
    }
}
