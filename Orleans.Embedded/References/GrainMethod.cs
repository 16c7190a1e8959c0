using System.Globalization;
using System.Reflection;
using Orleans.CodeGeneration;
using Orleans.Runtime;

namespace Pythia.Embedded.References;

/// <summary>One method of a grain interface, as its generated request knows it.</summary>
public sealed class GrainMethod
{
    private readonly Type[] _parameterTypes;
    private MethodInfo? _info;
    private string? _fullName;
    private string? _activityName;

    /// <param name="interfaceType">The interface that declares it.</param>
    /// <param name="interfaceName">The interface's alias, else its full name.</param>
    /// <param name="name">The method's name in C#.</param>
    /// <param name="parameterTypes">All parameters, cancellation tokens too.</param>
    /// <param name="options">What its attributes say.</param>
    /// <param name="responseTimeout">As in <see cref="ResponseTimeoutAttribute"/>; null for the silo's own.</param>
    public GrainMethod(
        Type interfaceType, string interfaceName, string name, Type[] parameterTypes, InvokeMethodOptions options, string? responseTimeout)
    {
        InterfaceType = interfaceType;
        InterfaceName = interfaceName;
        Name = name;
        _parameterTypes = parameterTypes;
        Options = options;
        ResponseTimeout = responseTimeout is null ? null : TimeSpan.Parse(responseTimeout, CultureInfo.InvariantCulture);
        IsOneWay = options.HasFlag(InvokeMethodOptions.OneWay);
        IsReadOnly = options.HasFlag(InvokeMethodOptions.ReadOnly);
        Interleaves = options.HasFlag(InvokeMethodOptions.AlwaysInterleave);
        IsExtension = interfaceType.IsAssignableTo(typeof(IGrainExtension));
        IsCancellable = parameterTypes.Contains(typeof(CancellationToken));
    }

    public Type InterfaceType { get; }

    public string InterfaceName { get; }

    public string Name { get; }

    public InvokeMethodOptions Options { get; }

    public TimeSpan? ResponseTimeout { get; }

    internal bool IsOneWay { get; }

    internal bool IsReadOnly { get; }

    internal bool Interleaves { get; }

    internal bool IsCancellable { get; }

    /// <summary>It is called on an extension of the grain, not on the grain.</summary>
    internal bool IsExtension { get; }

    /// <summary>The interface as filters and activities see it: its full name, whatever its alias.</summary>
    internal string InterfaceFullName => _fullName ??= (InterfaceType.FullName ?? InterfaceType.Name).Replace('+', '.');

    /// <summary>Interface without namespace, and method.</summary>
    internal string ActivityName => _activityName ??= $"{InterfaceType.Name}/{Name}";

    internal MethodInfo Info
        => _info ??= InterfaceType.GetMethod(Name, BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance, _parameterTypes)
            ?? throw new MissingMethodException(InterfaceName, Name);

    internal GrainInterfaceType InterfaceId => GrainInterfaceType.Create(InterfaceName);
}
