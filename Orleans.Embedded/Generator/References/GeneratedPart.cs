namespace Pythia.Embedded.Generator.References;

/// <summary>What one grain interface or class adds: a source file, if any, and a line of the registration.</summary>
internal sealed record GeneratedPart(string Registration, string? File = null, string? Source = null);
