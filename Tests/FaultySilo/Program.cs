using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;
using Pythia.Enclave;
using Pythia.FaultySilo;
using Pythia.Grains.Mirror;
using Pythia.Grains.Storage;
using Pythia.Silo.Hosting;
using Pythia.Silo.Options;

// Arguments: journal of failpoints, then settings as name=value. Commands and answers go over standard input and output, a line each:
//   submit {kind} {key} {act, base64} {signature, base64}  →  ack {digest} | no {digest} {verdict} {detail} | lost {exception}
//   settle {digest}                                        →  settled {digest} {stage} {reason}
//   stop
var wanted = Environment.GetEnvironmentVariable("PYTHIA_FAILPOINT");
using var failpoints = new Failpoints(args[0], string.IsNullOrEmpty(wanted) ? null : wanted);
var configuration = new ConfigurationBuilder()
    .AddInMemoryCollection(args[1..].Select(a => a.Split('=', 2)).Select(p => KeyValuePair.Create(p[0], (string?)p[1])))
    .Build();
var settings = SiloSettings.Read(configuration);
using var folder = DataFolder.Take(settings.Data.Folder);
var progress = Progress.OnStandardError();
await using var chain = await ChainAccess.OpenAsync(settings, folder, progress, CancellationToken.None);
await using var program = await PythiaProgram.StartAsync(settings, chain, folder, progress, CancellationToken.None, configure: Decorate);
var console = new Lines();
console.Say($"up {program.Url} {program.OperationsUrl}");
await new Commands(program.Services.GetRequiredService<IGrainFactory>(), chain.Contracts.ChainId, console).RunAsync();

void Decorate(IServiceCollection services)
{
    Replace<IGrainStorage>(services, GrainStorage.Name, storage => new FailpointStorage(storage, failpoints));
    Replace<IReminderTable>(services, null, table => FailpointProxy.Around(table, "reminder", failpoints, m => m is nameof(IReminderTable.UpsertRow)));
    Replace<IEnclave>(services, null, enclave => FailpointProxy.Around(enclave, "enclave", failpoints, m => m is nameof(IEnclave.ReadLogsAsync)));
    Replace<LedgerChain>(services, null, served => served with { Node = FailpointProxy.Around(served.Node, "node", failpoints) });
}

static void Replace<T>(IServiceCollection services, string? key, Func<T, T> decorate)
    where T : class
{
    var found = services.Last(d => d.ServiceType == typeof(T) && Equals(d.ServiceKey, key));
    services.Remove(found);
    if (key is null)
    {
        services.AddSingleton(provider => decorate((T)(found.ImplementationInstance
            ?? found.ImplementationFactory?.Invoke(provider)
            ?? ActivatorUtilities.CreateInstance(provider, found.ImplementationType!))));
    }
    else
    {
        services.AddKeyedSingleton(key, (provider, k) => decorate((T)(found.KeyedImplementationInstance ?? found.KeyedImplementationFactory!.Invoke(provider, k))));
    }
}
