using System.ComponentModel.DataAnnotations;

namespace Pythia.Enclave.Hosting;

/// <summary>Where an enclave of a silo runs.</summary>
public enum EnclaveMode
{
    /// <summary>In the silo's own process: its keys are worth what the operator is.</summary>
    InProcess = 0,

    /// <summary>In a child process that the silo starts, watches and starts again.</summary>
    Process = 1,

    /// <summary>In a process that somebody else runs, under Gramine as a rule; the silo connects.</summary>
    Connect = 2,
}

/// <summary>How the silo gets its enclaves, section <c>EnclaveProcess</c>.</summary>
public sealed class EnclaveProcessOptions
{
    public const string Section = "EnclaveProcess";

    /// <summary>InProcess, Process or Connect. Default InProcess.</summary>
    [EnumDataType(typeof(EnclaveMode))]
    public EnclaveMode Mode { get; set; }

    /// <summary>
    /// The program to start with Process, a path: pythia-enclave.dll runs on this silo's own runtime, anything else is run as it is. Default:
    /// <c>enclave/pythia-enclave.dll</c> beside the silo.
    /// </summary>
    public string Program { get; set => field = value ?? ""; } = "";

    /// <summary>Where the enclave listens with Connect: <c>unix:/path</c> or <c>tcp:address:port</c>. No default.</summary>
    public string EndPoint { get; set => field = value ?? ""; } = "";

    /// <summary>What makes the quotes of a child (Process): none, gramine or simulated. Default in a silo what <c>Attestation:Mode</c> says; elsewhere none.</summary>
    public string Attester { get; set => field = value ?? ""; } = "";

    /// <summary>Folder of the simulated platform; with the attester simulated, and only then. Default in a silo the one that it appraises by.</summary>
    public string SimulatedPlatform { get; set => field = value ?? ""; } = "";

    /// <summary>
    /// Folder of the children's files and sockets, for this user alone; each enclave has one of its name in it. Default in a silo <c>enclaves</c> in its data
    /// folder; elsewhere a temporary one, which whoever clears those away may take from a child that is started again.
    /// </summary>
    public string Folder { get; set; } = "";

    /// <summary>Milliseconds that a call waits for an enclave that is away before it fails: 0 to 30,000. Default 2,000.</summary>
    [Range(0, 30_000)]
    public int PatienceMilliseconds { get; set; } = 2_000;

    /// <summary>Milliseconds before the first restart; doubled, with up to as much again by chance, each time that it does not stay up: 10 to 10,000. Default 100.</summary>
    [Range(10, 10_000)]
    public int RestartMilliseconds { get; set; } = 100;

    /// <summary>Seconds that it must have been connected, and replied, to count as up again, and the longest pause between two restarts: 1 to 600. Default 30.</summary>
    [Range(1, 600)]
    public int SteadySeconds { get; set; } = 30;

    /// <summary>Restarts without being up in between from which on health says that it does not stay up; it is started again all the same: 1 to 1,000. Default 5.</summary>
    [Range(1, 1_000)]
    public int RestartLimit { get; set; } = 5;

    /// <summary>Seconds from its start until it must have been connected, else it is killed: 5 to 600. Default 120.</summary>
    [Range(5, 600)]
    public int StartSeconds { get; set; } = 120;

    /// <summary>Seconds from one look whether it still replies to the next, and what a reply may take: 1 to 60. Default 5.</summary>
    [Range(1, 60)]
    public int PingSeconds { get; set; } = 5;

    /// <summary>Looks in a row without a reply after which it hangs and is killed: 1 to 100. Default 5.</summary>
    [Range(1, 100)]
    public int PingMisses { get; set; } = 5;

    /// <summary>Seconds that it may take to finish what is under way at a stop: 1 to 60. Default 10.</summary>
    [Range(1, 60)]
    public int StopSeconds { get; set; } = 10;

    /// <summary>
    /// Further enclaves beside this silo, 0 to 16, each of a name of its own: an old and a new measurement side by side while one is rolled, or several on one
    /// host. The times of this section hold for all. Default none.
    /// </summary>
    [Length(0, 16)]
    public List<EnclaveInstanceOptions> Instances { get; set; } = [];

    /// <summary>What the first one has in common with the others; its name is <c>Enclave:Id</c>.</summary>
    public EnclaveInstanceOptions ToFirst() => new() { Mode = Mode, Program = Program, EndPoint = EndPoint, Attester = Attester, SimulatedPlatform = SimulatedPlatform };

    /// <summary>The options of one of <see cref="Instances"/> as if it were the only one.</summary>
    internal EnclaveProcessOptions Of(EnclaveInstanceOptions instance)
    {
        var alone = (EnclaveProcessOptions)MemberwiseClone();
        (alone.Mode, alone.Program, alone.EndPoint, alone.Attester, alone.SimulatedPlatform, alone.Instances) =
            (instance.Mode, instance.Program, instance.EndPoint, instance.Attester, instance.SimulatedPlatform, []);
        return alone;
    }
}
