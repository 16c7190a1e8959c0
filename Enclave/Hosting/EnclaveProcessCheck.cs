using Pythia.Enclave.Host;

namespace Pythia.Enclave.Hosting;

/// <summary>Says everything that is wrong with the enclaves of a silo at once, each with its setting, what was found and what was expected.</summary>
public static class EnclaveProcessCheck
{
    private const string Section = EnclaveProcessOptions.Section;

    /// <param name="options">All enclaves.</param>
    /// <param name="enclave">What they have in common, and the first one's id.</param>
    /// <returns>None when all is well.</returns>
    public static IReadOnlyList<string> FindProblems(EnclaveProcessOptions options, EnclaveOptions enclave)
    {
        var problems = new List<string>();
        var ids = new HashSet<string>(StringComparer.Ordinal) { enclave.Id };
        var endPoints = new HashSet<string>(StringComparer.Ordinal);
        CheckOne(options.ToFirst(), Section, endPoints, problems);
        for (var i = 0; i < options.Instances.Count; i++)
        {
            var (instance, path) = (options.Instances[i], $"{Section}:{nameof(EnclaveProcessOptions.Instances)}:{i}");
            if (!EnclaveOptions.IsId(instance.Id)) problems.Add($"{path}:Id: '{instance.Id}' found, 1 to 40 lower-case letters, digits and hyphens expected");
            else if (!ids.Add(instance.Id)) problems.Add($"{path}:Id: '{instance.Id}' found for a second time, a name of its own for each enclave expected");

            CheckOne(instance, path, endPoints, problems);
        }

        CheckRoom(options, enclave, problems);
        return problems;
    }

    // A child refuses what it has no room for, as often as it is started.
    private static void CheckRoom(EnclaveProcessOptions options, EnclaveOptions enclave, List<string> problems)
    {
        var further = options.Instances.FindIndex(instance => instance.Mode == EnclaveMode.Process);
        if (options.Mode != EnclaveMode.Process && further < 0) return;

        var path = options.Mode == EnclaveMode.Process ? Section : $"{Section}:{nameof(EnclaveProcessOptions.Instances)}:{further}";
        Require(nameof(EnclaveOptions.CacheBytes), enclave.CacheBytes, EnclaveOptions.MostProcessCacheBytes);
        Require(nameof(EnclaveOptions.ReplyBytes), enclave.ReplyBytes, EnclaveOptions.MostProcessReplyBytes);

        void Require(string option, int found, int most)
        {
            if (found > most) problems.Add($"{EnclaveOptions.Section}:{option}: {found} found, at most {most} expected while an enclave has mode Process ({path})");
        }
    }

    private static void CheckOne(EnclaveInstanceOptions one, string path, HashSet<string> endPoints, List<string> problems)
    {
        if (!Enum.IsDefined(one.Mode)) problems.Add($"{path}:Mode: '{one.Mode}' found, one of {string.Join(", ", Enum.GetNames<EnclaveMode>())} expected");
        if (one.Mode == EnclaveMode.Connect != one.EndPoint.Length > 0) problems.Add($"{path}:EndPoint: '{one.EndPoint}' found with mode {one.Mode}, an endpoint with Connect alone expected");
        if (one.EndPoint.Length > 0 && FindProblem(one.EndPoint) is { } problem) problems.Add($"{path}:EndPoint: {problem}");
        else if (one.EndPoint.Length > 0 && !endPoints.Add(one.EndPoint)) problems.Add($"{path}:EndPoint: '{one.EndPoint}' found for a second time, an endpoint of its own for each enclave expected");
        if (one.Attester is not ("" or "none" or "gramine" or "simulated")) problems.Add($"{path}:Attester: '{one.Attester}' found, none, gramine or simulated expected");
        if ((one.Attester == "simulated") != one.SimulatedPlatform.Length > 0) problems.Add($"{path}:SimulatedPlatform: '{one.SimulatedPlatform}' found with attester '{one.Attester}', a folder with simulated alone expected");
    }

    private static string? FindProblem(string endPoint)
    {
        try
        {
            _ = SocketEnclave.Parse(endPoint);
            return null;
        }
        catch (FormatException e)
        {
            return e.Message;
        }
    }
}
