using Orleans.Runtime;

namespace Orleans.Runtime
{
    /// <summary>A running grain timer; disposing ends it.</summary>
    public interface IGrainTimer : IDisposable
    {
        /// <summary>New times from now on. <see cref="Timeout.InfiniteTimeSpan"/> as due time stops it, as period lets it tick once.</summary>
        void Change(TimeSpan dueTime, TimeSpan period);
    }

    /// <summary>When a grain timer ticks, and how its ticks stand beside calls.</summary>
    public readonly struct GrainTimerCreationOptions() : IEquatable<GrainTimerCreationOptions>
    {
        [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
        public GrainTimerCreationOptions(TimeSpan dueTime, TimeSpan period)
            : this()
        {
            DueTime = dueTime;
            Period = period;
        }

        /// <summary>From the registration to the first tick.</summary>
        public required TimeSpan DueTime { get; init; }

        /// <summary>From the end of a tick to the next one; infinite for a single tick.</summary>
        public required TimeSpan Period { get; init; }

        /// <summary>Ticks interleave with calls; else they wait for their turn as a call does.</summary>
        public bool Interleave { get; init; }

        /// <summary>Ticks keep the activation from being collected as idle.</summary>
        public bool KeepAlive { get; init; }

        public static bool operator ==(GrainTimerCreationOptions left, GrainTimerCreationOptions right) => left.Equals(right);

        public static bool operator !=(GrainTimerCreationOptions left, GrainTimerCreationOptions right) => !left.Equals(right);

        /// <inheritdoc/>
        public bool Equals(GrainTimerCreationOptions other)
            => (DueTime, Period, Interleave, KeepAlive) == (other.DueTime, other.Period, other.Interleave, other.KeepAlive);

        /// <inheritdoc/>
        public override bool Equals(object? obj) => obj is GrainTimerCreationOptions other && Equals(other);

        /// <inheritdoc/>
        public override int GetHashCode() => HashCode.Combine(DueTime, Period, Interleave, KeepAlive);
    }
}

namespace Orleans.Timers
{
    /// <summary>Makes grain timers.</summary>
    public interface ITimerRegistry
    {
        IDisposable RegisterTimer(IGrainContext grainContext, Func<object?, Task> callback, object? state, TimeSpan dueTime, TimeSpan period);

        IGrainTimer RegisterGrainTimer<TState>(
            IGrainContext grainContext, Func<TState, CancellationToken, Task> callback, TState state, GrainTimerCreationOptions options);
    }
}

namespace Orleans
{
    /// <summary>Timers and the end of an activation, from inside the grain.</summary>
    public static class GrainBaseExtensions
    {
        /// <inheritdoc cref="Grain.DeactivateOnIdle"/>
        public static void DeactivateOnIdle(this IGrainBase grain)
            => grain.GrainContext.Deactivate(new(DeactivationReasonCode.ApplicationRequested, $"{nameof(DeactivateOnIdle)} was called."));

        /// <summary>The same as <see cref="DeactivateOnIdle"/>: there is no other silo to move to.</summary>
        public static void MigrateOnIdle(this IGrainBase grain)
            => grain.GrainContext.Migrate(null);

        /// <summary>Calls back in the activation's turns until it ends or the timer is disposed. The token is cancelled at either.</summary>
        public static IGrainTimer RegisterGrainTimer<TState>(
            this IGrainBase grain, Func<TState, CancellationToken, Task> callback, TState state, GrainTimerCreationOptions options)
        {
            ArgumentNullException.ThrowIfNull(callback);
            return Registry(grain).RegisterGrainTimer(grain.GrainContext, callback, state, options);
        }

        /// <inheritdoc cref="RegisterGrainTimer{TState}(IGrainBase, Func{TState, CancellationToken, Task}, TState, GrainTimerCreationOptions)"/>
        public static IGrainTimer RegisterGrainTimer<TState>(
            this IGrainBase grain, Func<TState, CancellationToken, Task> callback, TState state, TimeSpan dueTime, TimeSpan period)
            => grain.RegisterGrainTimer(callback, state, new GrainTimerCreationOptions(dueTime, period));

        /// <inheritdoc cref="RegisterGrainTimer{TState}(IGrainBase, Func{TState, CancellationToken, Task}, TState, GrainTimerCreationOptions)"/>
        public static IGrainTimer RegisterGrainTimer<TState>(
            this IGrainBase grain, Func<TState, Task> callback, TState state, GrainTimerCreationOptions options)
        {
            ArgumentNullException.ThrowIfNull(callback);
            return Registry(grain).RegisterGrainTimer(
                grain.GrainContext, static (both, _) => both.callback(both.state), (callback, state), options);
        }

        /// <inheritdoc cref="RegisterGrainTimer{TState}(IGrainBase, Func{TState, CancellationToken, Task}, TState, GrainTimerCreationOptions)"/>
        public static IGrainTimer RegisterGrainTimer<TState>(
            this IGrainBase grain, Func<TState, Task> callback, TState state, TimeSpan dueTime, TimeSpan period)
            => grain.RegisterGrainTimer(callback, state, new GrainTimerCreationOptions(dueTime, period));

        /// <inheritdoc cref="RegisterGrainTimer{TState}(IGrainBase, Func{TState, CancellationToken, Task}, TState, GrainTimerCreationOptions)"/>
        public static IGrainTimer RegisterGrainTimer(
            this IGrainBase grain, Func<CancellationToken, Task> callback, GrainTimerCreationOptions options)
        {
            ArgumentNullException.ThrowIfNull(callback);
            return Registry(grain).RegisterGrainTimer(grain.GrainContext, static (call, token) => call(token), callback, options);
        }

        /// <inheritdoc cref="RegisterGrainTimer{TState}(IGrainBase, Func{TState, CancellationToken, Task}, TState, GrainTimerCreationOptions)"/>
        public static IGrainTimer RegisterGrainTimer(
            this IGrainBase grain, Func<CancellationToken, Task> callback, TimeSpan dueTime, TimeSpan period)
            => grain.RegisterGrainTimer(callback, new GrainTimerCreationOptions(dueTime, period));

        /// <inheritdoc cref="RegisterGrainTimer{TState}(IGrainBase, Func{TState, CancellationToken, Task}, TState, GrainTimerCreationOptions)"/>
        public static IGrainTimer RegisterGrainTimer(this IGrainBase grain, Func<Task> callback, GrainTimerCreationOptions options)
        {
            ArgumentNullException.ThrowIfNull(callback);
            return Registry(grain).RegisterGrainTimer(grain.GrainContext, static (call, _) => call(), callback, options);
        }

        /// <inheritdoc cref="RegisterGrainTimer{TState}(IGrainBase, Func{TState, CancellationToken, Task}, TState, GrainTimerCreationOptions)"/>
        public static IGrainTimer RegisterGrainTimer(this IGrainBase grain, Func<Task> callback, TimeSpan dueTime, TimeSpan period)
            => grain.RegisterGrainTimer(callback, new GrainTimerCreationOptions(dueTime, period));

        private static Timers.ITimerRegistry Registry(IGrainBase grain)
            => (Timers.ITimerRegistry?)grain.GrainContext.ActivationServices.GetService(typeof(Timers.ITimerRegistry))
                ?? throw new InvalidOperationException($"no {nameof(Timers.ITimerRegistry)} among the services of {grain.GetType().Name}");
    }
}
