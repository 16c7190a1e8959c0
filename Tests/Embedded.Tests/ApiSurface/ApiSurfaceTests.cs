using Orleans.Runtime;
using Orleans.Serialization;
using Pythia.Vectors;
using Shouldly;
using Xunit.Abstractions;

namespace Orleans
{
    /// <summary>What the test must find: a type, and a member of a type, that Orleans has not.</summary>
    public interface INotInOrleans
    {
        void Nothing();
    }
}

namespace Orleans.Streams
{
    /// <summary>What the test must find: an interface of Orleans without its members.</summary>
    public interface IStreamProvider
    {
        string Name { get; }
    }
}

namespace Pythia.Embedded.Tests.ApiSurface
{
    /// <summary>Orleans.Embedded shows nothing that Orleans 10.4 has not, and its interfaces are whole.</summary>
    public sealed class ApiSurfaceTests(ITestOutputHelper output)
    {
        private static IEnumerable<Type> Ours => typeof(Serializer).Assembly.GetExportedTypes().Where(type => !IsOwn(type));

        [VectorFact(PublicSurface.Main, below: "reference")]
        public void Assembly_EveryVisibleMember_ExistsInOrleans()
        {
            var surface = PublicSurface.Read();
            surface.Count.ShouldBeGreaterThan(8000);
            var types = Ours.ToList();
            types.Count.ShouldBeGreaterThan(50);
            output.WriteLine($"{types.Count} types held to {surface.Count} lines");
            surface.NotInOrleans(types).ShouldBeEmpty($"not in Orleans 10.4:\n{string.Join('\n', surface.NotInOrleans(types))}");
        }

        [VectorFact(PublicSurface.Main, below: "reference")]
        public void Assembly_EveryInterface_IsComplete()
        {
            var surface = PublicSurface.Read();
            Ours.Count(type => type.IsInterface).ShouldBeGreaterThan(20);
            surface.MissingFrom(Ours).ShouldBeEmpty($"missing in Orleans.Embedded:\n{string.Join('\n', surface.MissingFrom(Ours))}");
        }

        [Fact]
        public void Assembly_OwnTypes_AreUnderPythia()
            => typeof(Serializer).Assembly.GetExportedTypes().Where(type => !IsOwn(type))
                .Select(type => type.Namespace!.Split('.')[0]).Distinct().Except(["Orleans", "Microsoft"]).ShouldBeEmpty();

        [VectorFact(PublicSurface.Main, below: "reference")]
        public void Surface_TypeThatOrleansHasNot_IsFound()
        {
            var found = PublicSurface.Read().NotInOrleans([typeof(INotInOrleans), typeof(IGrainFactory)]);
            found.ShouldBe(["M:Orleans.INotInOrleans.Nothing -> System.Void", "T:Orleans.INotInOrleans"]);
        }

        [VectorFact(PublicSurface.Extra, below: "reference")]
        public void Surface_InterfaceWithoutAMember_IsFound()
        {
            var missing = PublicSurface.Read().MissingFrom([typeof(Orleans.Streams.IStreamProvider)]);
            missing.ShouldContain("M:Orleans.Streams.IStreamProvider.GetStream``1(Orleans.Runtime.StreamId) -> Orleans.Streams.IAsyncStream{``0}");
            missing.ShouldNotContain("P:Orleans.Streams.IStreamProvider.Name -> System.String");
        }

        [VectorFact(PublicSurface.Extra, below: "reference")]
        public void DocumentationId_GenericsArraysReferencesAndOperators_AreWrittenAsTheListsDo()
        {
            var types = new[] { typeof(IConverter<,>), typeof(DeepCopier<>), typeof(Orleans.Concurrency.Immutable<>), typeof(GrainId), typeof(GenerateFieldIds) };
            PublicSurface.Read().NotInOrleans(types).ShouldBeEmpty();
            DocumentationId.Of(typeof(IConverter<,>).GetMethod("ConvertToSurrogate")!).ShouldBe("M:Orleans.IConverter`2.ConvertToSurrogate(`0@) -> `1");
        }

        private static bool IsOwn(Type type) => type.Namespace == "Pythia" || type.Namespace?.StartsWith("Pythia.", StringComparison.Ordinal) == true;
    }
}
