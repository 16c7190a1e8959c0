using System.Reflection;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Pythia.Enclave.Attestation.Attesters;
using Pythia.Enclave.Host;
using Pythia.Enclave.Serving;

const int WrongInput = 2;
const string Usage = """
    pythia-enclave --config FILE --host FILE [--end-with-stdin]

      --config FILE     what this enclave is: chain, contracts, trust rules, keys' times; measured under SGX
      --host FILE       where it finds things: socket, nodes; trusted for nothing
      --end-with-stdin  stop when standard input ends, as it does when the parent dies
      --help, --version

    Logs go to standard error. SIGTERM and SIGINT finish what is under way and stop.
    Exit code 0 after a stop, 2 for wrong input, 1 when it can't go on.
    """;

if (args is ["--help"])
{
    Console.WriteLine(Usage);
    return 0;
}

if (args is ["--version"])
{
    Console.WriteLine(typeof(PythiaEnclave).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion);
    return 0;
}

if (args is not ["--config", var config, "--host", var host, .. var rest] || rest is not ([] or ["--end-with-stdin"]))
{
    Console.Error.WriteLine(Usage);
    return WrongInput;
}

// Before there is a key.
var open = ProcessHardening.Apply();
try
{
    var settings = ProcessSettings.Read(config, host);
    using var program = new EnclaveProgram(settings);
    if (open is not null) program.SayOpen(open);
    using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, program.Stop);
    using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, program.Stop);
    if (rest.Length > 0) program.StopWithStandardInput();
    await program.RunAsync();
    return 0;
}
catch (FormatException e)
{
    Console.Error.WriteLine($"{LogLevel.Critical} 3410 Wrong input: {e.Message.ReplaceLineEndings(" | ")}");
    return WrongInput;
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException or AttestationException)
{
    Console.Error.WriteLine($"{LogLevel.Critical} 3410 Can't start: {e.Message.ReplaceLineEndings(" | ")}");
    return 1;
}
