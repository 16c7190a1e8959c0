using Orleans.Runtime;

namespace Orleans.Runtime
{
    /// <summary>Where a silo is between start and end.</summary>
    public enum SiloStatus
    {
        None = 0,
        Created = 1,
        Joining = 2,
        Active = 3,
        ShuttingDown = 4,
        Stopping = 5,
        Dead = 6,
    }

    /// <summary>Questions about a status.</summary>
    public static class SiloStatusExtensions
    {
        /// <summary>Whether the silo is on its way out, or gone.</summary>
        public static bool IsTerminating(this SiloStatus siloStatus) => siloStatus is SiloStatus.ShuttingDown or SiloStatus.Stopping or SiloStatus.Dead;
    }
}

namespace Orleans
{
    /// <summary>What the membership table says of a silo. Here: of the one there is.</summary>
    public class MembershipEntry
    {
        public SiloAddress SiloAddress { get; set; } = SiloAddress.Zero;

        public SiloStatus Status { get; set; }

        public string? HostName { get; set; }

        public string? SiloName { get; set; }

        public string? RoleName { get; set; }

        public int ProxyPort { get; set; }

        public int UpdateZone { get; set; }

        public int FaultZone { get; set; }

        /// <summary>UTC.</summary>
        public DateTime StartTime { get; set; }

        /// <summary>UTC.</summary>
        public DateTime IAmAliveTime { get; set; }

        /// <summary>Who suspects it, and since when. Nobody: there is no other silo.</summary>
        public List<Tuple<SiloAddress, DateTime>>? SuspectTimes { get; set; }

        /// <inheritdoc/>
        public override string ToString() => $"{SiloName} at {SiloAddress}: {Status}";
    }
}
