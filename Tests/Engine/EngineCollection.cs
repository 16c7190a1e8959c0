namespace Pythia.Engine;

/// <summary>One silo for all tests: it costs a start, and they share no keys.</summary>
[CollectionDefinition(nameof(EngineCollection))]
public sealed class EngineCollection : ICollectionFixture<EngineFixture>;
