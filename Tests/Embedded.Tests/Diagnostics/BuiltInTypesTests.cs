using System.Collections.Immutable;
using System.Reflection;
using Pythia.Embedded.Generator;
using Pythia.Embedded.Generator.Diagnostics;
using Pythia.Embedded.Serialization;
using Shouldly;

namespace Pythia.Embedded.Tests.Diagnostics;

/// <summary>The compiler's list of types that have a codec, and the runtime's, are one list.</summary>
public sealed class BuiltInTypesTests
{
    [Fact]
    public void Plain_EachHasACodecAtRunTime() => BuiltInTypes.Plain.Where(name => !CodecRegistry.TryFind(TypeNamed(name), out _)).ShouldBeEmpty();

    [Fact]
    public void Generics_EachHasACodecAtRunTime()
        => BuiltInTypes.ImmutableGenerics.Concat(BuiltInTypes.MutableGenerics).Concat(BuiltInTypes.ByteRuns)
            .Where(name => !CodecRegistry.TryFind(Construct(TypeNamed(name)), out _)).ShouldBeEmpty();

    [Fact]
    public void RunTime_EachOfNet_IsKnownToTheCompiler()
    {
        var known = BuiltInTypes.Plain.Concat(BuiltInTypes.ImmutableGenerics).Concat(BuiltInTypes.MutableGenerics).Select(TypeNamed)
            .Concat([typeof(byte[]), typeof(Memory<byte>), typeof(ReadOnlyMemory<byte>), typeof(CancellationToken)]);
        var registered = Registered("ByType").Where(type => type is { IsConstructedGenericType: false, IsArray: false, IsEnum: false }).Concat(Registered("Open"));
        registered.Where(type => type.Namespace?.StartsWith("System", StringComparison.Ordinal) == true && !type.IsAssignableTo(typeof(Exception)) && type.IsPublic)
            .Except(known).Where(type => !type.IsInterface && !type.IsAbstract).ShouldBeEmpty();
    }

    [Fact]
    public void FindMutable_AgreesWithWhatTheRunTimeCopies()
    {
        foreach (var name in BuiltInTypes.ImmutableGenerics.Concat(BuiltInTypes.MutableGenerics))
        {
            CodecRegistry.Find(Construct(TypeNamed(name))).IsImmutable.ShouldBe(BuiltInTypes.ImmutableGenerics.Contains(name), name);
        }
    }

    [Fact]
    public void KnownNames_EachIsThere()
        => typeof(KnownNames).GetFields().Select(field => (string)field.GetRawConstantValue()!)
            .Where(name => AppDomain.CurrentDomain.GetAssemblies().All(assembly => assembly.GetType(name) is null)).ShouldBeEmpty();

    private static IEnumerable<Type> Registered(string field)
        => ((System.Collections.IDictionary)typeof(CodecRegistry).GetField(field, BindingFlags.NonPublic | BindingFlags.Static)!.GetValue(null)!).Keys.Cast<Type>();

    private static Type Construct(Type definition)
        => definition.MakeGenericType([.. definition.GetGenericArguments().Select(_ => definition.Name.Contains("Memory") ? typeof(byte) : typeof(int))]);

    private static Type TypeNamed(string name)
        => new[] { typeof(object), typeof(HashSet<>), typeof(Stack<>), typeof(ImmutableArray), typeof(Uri), typeof(System.Numerics.BigInteger), typeof(System.Net.IPAddress), typeof(Codec), typeof(System.Collections.Concurrent.ConcurrentDictionary<,>) }
            .Select(type => type.Assembly.GetType(name)).FirstOrDefault(type => type is not null) ?? throw new InvalidOperationException($"no type {name}");
}
