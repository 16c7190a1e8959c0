namespace Pythia.Grains.Pythia;

/// <summary>The grain lives on a silo that has an enclave beside it. In one process there is only one place.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class BesideEnclaveAttribute : Attribute;
