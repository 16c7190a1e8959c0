namespace Pythia.Tests.Quotes;

/// <summary>Tests that keep every processor busy run by themselves: others wait for a server's reply, and for a thread to read it.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class WholeMachine
{
    public const string Name = "whole machine";
}
