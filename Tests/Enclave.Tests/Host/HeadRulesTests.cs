using Pythia.Enclave.Verifier.Facts;
using Pythia.Ethereum;
using Pythia.Silo.Demo;
using Shouldly;

namespace Pythia.Enclave.Tests.Host;

/// <summary>Heads only move forward, and an answer is always of the newest. A chain of its own for each test: they bend it.</summary>
public sealed class HeadRulesTests() : HeadRulesRules(EnclaveKind.InProcess);

/// <inheritdoc cref="HeadRulesTests"/>
public sealed class HeadRulesSocketTests() : HeadRulesRules(EnclaveKind.Socket);

/// <inheritdoc cref="HeadRulesTests"/>
public abstract class HeadRulesRules(EnclaveKind kind) : IAsyncLifetime
{
    private static readonly Address Owner = Address.Parse("0x00000000000000000000000000000000000000aa");
    private static readonly Address Commander = Address.Parse("0x00000000000000000000000000000000000000bb");
    private static readonly Hash32 Device = Keccak256.HashData("device"u8);
    private static readonly Hash32 Scope = Keccak256.HashData("lock:open"u8);

    private readonly AnvilChain _chain = new();

    public Task InitializeAsync() => _chain.InitializeAsync();

    public Task DisposeAsync() => _chain.DisposeAsync();

    [Fact]
    public async Task Head_ChainReorganisedBelowIt_StandsUntilThatChainIsHigher()
    {
        await using var enclave = RunningEnclave.Start(kind, _chain.Options());
        var snapshot = await _chain.CallAsync("evm_snapshot");
        await _chain.StoreDeviceAsync(Device, Owner, status: 1);
        var abandoned = await _chain.MineAsync();
        var before = await enclave.HeadAtAsync(abandoned);
        var logsBefore = (await enclave.Enclave.ReadLogsAsync(abandoned)).Block.ShouldNotBeNull();

        // The same number again, with another block.
        await _chain.CallAsync("evm_revert", (string)snapshot!);
        await _chain.CallAsync("evm_increaseTime", 60);
        (await _chain.MineAsync()).ShouldBe(abandoned);
        (await TroubleAsync(enclave)).Reason.ShouldBe(RefusalReason.HeadWentBack);
        (await enclave.Enclave.HeadAsync())!.Hash.ToArray().ShouldBe(before.Hash.ToArray());

        var next = await enclave.HeadAtAsync(await _chain.MineAsync());
        next.Block.ShouldBe(abandoned + 1);
        (await enclave.AskAsync(Device, Fact.OwnerOf)).Results[0].IsNull.ShouldBeTrue();
        var logsAfter = (await enclave.Enclave.ReadLogsAsync(abandoned)).Block.ShouldNotBeNull();
        logsBefore.Logs.Count.ShouldBe(1);
        logsAfter.Logs.ShouldBeEmpty();
        logsAfter.Hash.ToArray().ShouldNotBe(logsBefore.Hash.ToArray());
    }

    [Fact]
    public async Task Head_HigherBlockWithEarlierTime_IsNotTaken()
    {
        await using var enclave = RunningEnclave.Start(kind, _chain.Options());
        var snapshot = await _chain.CallAsync("evm_snapshot");
        await _chain.CallAsync("evm_increaseTime", 3600);
        var late = await enclave.HeadAtAsync(await _chain.MineAsync());
        await _chain.CallAsync("evm_revert", (string)snapshot!);
        await _chain.MineAsync();
        await _chain.MineAsync();

        var trouble = await TroubleAsync(enclave);
        while (!trouble.Detail.Contains("time", StringComparison.Ordinal))
        {
            trouble = await TroubleAsync(enclave);
        }

        trouble.Reason.ShouldBe(RefusalReason.HeadWentBack);
        (await enclave.Enclave.HeadAsync())!.Hash.ToArray().ShouldBe(late.Hash.ToArray());
    }

    [Fact]
    public async Task Answer_RevokedWhileItsProofIsOnTheWay_IsOfTheNewHead()
    {
        await using var proxy = await LyingProxy.StartAsync(_chain.Url);
        await _chain.StoreDeviceAsync(Device, Owner, status: 1);
        await _chain.StoreCommandConsentAsync(Device, Commander, Scope, status: 2, notAfter: 4_000_000_000);
        var granted = await _chain.MineAsync();
        await using var enclave = RunningEnclave.Start(kind, _chain.Options(proxy.Url));
        await enclave.HeadAtAsync(granted);

        // The proof that still permits is held back until the revocation is verified.
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        proxy.Hold = call =>
        {
            if (call.Slots == 0)
            {
                return Task.CompletedTask;
            }

            reached.TrySetResult();
            return release.Task;
        };
        var asking = enclave.AskAsync(Device, Fact.CommandAllowed(Commander, Scope));
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(20));
        await _chain.StoreCommandConsentAsync(Device, Commander, Scope, status: 3, notAfter: 4_000_000_000);
        await enclave.HeadAtAsync(await _chain.MineAsync());
        release.SetResult();

        var answer = await asking;
        answer.Block.ShouldBe(granted + 1);
        answer.Results[0].IsNull.ShouldBeTrue();
    }

    [Fact]
    public async Task Answer_ContractsCodeIsNotTheConfiguredOne_IsCodeHashMismatchFromThatHeadOn()
    {
        await _chain.StoreDeviceAsync(Device, Owner, status: 1);
        await using var enclave = RunningEnclave.Start(kind, _chain.Options());
        await enclave.HeadAtAsync(await _chain.MineAsync());
        (await enclave.AskAsync(Device, Fact.OwnerOf)).Results[0].IsNull.ShouldBeFalse();

        await _chain.CallAsync("anvil_setCode", AnvilChain.DeviceRegistry.ToString(), "0x00");
        await enclave.HeadAtAsync(await _chain.MineAsync());
        (await enclave.RefusedAsync(Device, Fact.OwnerOf)).Reason.ShouldBe(RefusalReason.CodeHashMismatch);

        // Now the account is proven and the slot is remembered under the same root: still nothing.
        var refusal = await enclave.RefusedAsync(Device, Fact.OwnerOf);
        refusal.Reason.ShouldBe(RefusalReason.CodeHashMismatch);
        refusal.Detail.ShouldContain(AnvilChain.CodeHash.ToString());
        (await enclave.Enclave.HealthAsync()).CanAnswer.ShouldBeFalse();
        (await enclave.AskAsync(Device, Fact.PolicyStatus(Scope))).Results[0].IsNull.ShouldBeTrue();
    }

    [Fact]
    public async Task Answer_NoContractAtTheAddress_IsCodeHashMismatch()
    {
        var options = _chain.Options();
        options.Contracts[nameof(AnvilChain.DeviceRegistry)].Address = Owner.ToString();
        await using var enclave = RunningEnclave.Start(kind, options);
        await enclave.HeadAtAsync(1);
        (await enclave.RefusedAsync(Device, Fact.OwnerOf)).Reason.ShouldBe(RefusalReason.CodeHashMismatch);
    }

    [Theory]
    [InlineData("genesis")]
    [InlineData("chain id")]
    public async Task Head_SourceOfAnotherChain_IsNoHead(string other)
    {
        var options = _chain.Options();
        if (other == "genesis")
        {
            options.GenesisHash = Hash32.Zero.ToString();
        }
        else
        {
            options.ChainId = 1;
            options.AllowDevelopmentAssurance = true;
        }

        await using var enclave = RunningEnclave.Start(kind, options);
        (await TroubleAsync(enclave)).Reason.ShouldBe(RefusalReason.WrongChain);
        var refusal = await enclave.RefusedAsync(Device, Fact.OwnerOf);
        refusal.Reason.ShouldBe(RefusalReason.NoHead);
        refusal.Detail.ShouldContain(other);
        (await enclave.Enclave.ReadLogsAsync(0)).Refusal.ShouldNotBeNull();
    }

    [Fact]
    public async Task Answer_SlotSetToZero_IsAbsentAlthoughAnvilKeepsTheLeaf()
    {
        await _chain.StoreDeviceAsync(Device, Owner, status: 1);
        await _chain.MineAsync();
        await _chain.StoreAsync(AnvilChain.DeviceRegistry, SlotMath.OfMapping(Device, StorageLayout.Device.MappingSlot), Hash32.Zero);
        await using var enclave = RunningEnclave.Start(kind, _chain.Options());
        await enclave.HeadAtAsync(await _chain.MineAsync());
        (await enclave.AskAsync(Device, Fact.OwnerOf)).Results[0].IsNull.ShouldBeTrue();
    }

    private static async Task<EnclaveRefusal> TroubleAsync(RunningEnclave enclave)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            // NoHead is what is said before the first look has ended.
            if ((await enclave.Enclave.HealthAsync()).Trouble is { Reason: not RefusalReason.NoHead } trouble)
            {
                return trouble;
            }

            await Task.Delay(5, limit.Token);
        }
    }
}
