namespace Pythia.Engine;

/// <summary>One silo for all tests: it costs a start, and they share no keys.</summary>
[CollectionDefinition(nameof(EngineCollection))]
public sealed class EngineCollection : ICollectionFixture<EngineFixture>;

/// <summary>Another one, beside it, for tests that wait until a time is over.</summary>
[CollectionDefinition(nameof(WaitingCollection))]
public sealed class WaitingCollection : ICollectionFixture<EngineFixture>;
