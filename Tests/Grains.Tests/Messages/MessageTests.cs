using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Shouldly;

namespace Pythia.Grains.Tests.Messages;

/// <summary>Every message, state and exception of the grains: through bytes and back, and apart on both sides of a call. The same on both engines.</summary>
public sealed class MessageTests : IDisposable
{
    private static readonly MethodInfo RoundTripMethod = typeof(MessageTests).GetMethod(nameof(RoundTripAs), BindingFlags.NonPublic | BindingFlags.Instance)!;
    private static readonly MethodInfo CopyMethod = typeof(MessageTests).GetMethod(nameof(CopyAs), BindingFlags.NonPublic | BindingFlags.Instance)!;

    private readonly ServiceProvider _services = new ServiceCollection()
        .AddSerializer(builder =>
        {
            foreach (var assembly in MessageTypes.Assemblies)
            {
                builder.AddAssembly(assembly);
            }
        })
        .BuildServiceProvider();

    public static TheoryData<string> Names => [.. MessageTypes.All.Where(type => !type.IsEnum).Select(type => type.FullName!)];

    [Fact]
    public void Messages_OfTheGrains_AreFound()
    {
        MessageTypes.All.Count.ShouldBeGreaterThan(20);
        MessageTypes.InCalls.Count.ShouldBeGreaterThan(10);
    }

    [Theory, MemberData(nameof(Names))]
    public void Deserialize_FilledMessage_IsEqualInEveryMember(string name)
    {
        var message = Filler.Fill(TypeOf(name));
        Graph.NotFilled(message).ShouldBeEmpty();
        var read = RoundTripMethod.MakeGenericMethod(message.GetType()).Invoke(this, [message]);
        read.ShouldNotBeNull();
        Graph.Difference(message, read).ShouldBeNull();
    }

    [Theory, MemberData(nameof(Names))]
    public void Copy_WhatCanBeChangedOnEitherSide_IsApart(string name)
    {
        var type = TypeOf(name);
        var expected = Filler.Fill(type);
        var (message, copy) = CopyOf(type);
        var changed = Graph.Change(message);
        Graph.Difference(expected, copy).ShouldBeNull($"the sender changed {changed} collections");

        (message, copy) = CopyOf(type);
        changed = Graph.Change(copy);
        Graph.Difference(expected, message).ShouldBeNull($"the receiver changed {changed} collections");
    }

    [Fact]
    public void Deserialize_EveryEnumValue_IsEqual()
    {
        foreach (var value in MessageTypes.All.Where(type => type.IsEnum).SelectMany(type => Enum.GetValues(type).Cast<object>()))
        {
            RoundTripMethod.MakeGenericMethod(value.GetType()).Invoke(this, [value]).ShouldBe(value);
        }
    }

    [Fact]
    public void CanSerialize_WhatCallsTakeAndGive_All()
    {
        var serializer = _services.GetRequiredService<Serializer>();
        MessageTypes.InCalls.Where(type => !serializer.CanSerialize(type)).ShouldBeEmpty();
    }

    [Fact]
    public void Change_ListsArraysAndMaps_IsSeenByDifference()
    {
        var filled = Filler.Fill(typeof(Dictionary<string, List<byte[]>>));
        Graph.Change(filled).ShouldBe(4, "two arrays, their list, the map");
        Graph.Difference(filled, Filler.Fill(typeof(Dictionary<string, List<byte[]>>))).ShouldNotBeNull();
    }

    public void Dispose() => _services.Dispose();

    private static Type TypeOf(string name) => MessageTypes.All.Single(type => type.FullName == name);

    private (object Message, object Copy) CopyOf(Type type)
    {
        var message = Filler.Fill(type);
        return (message, CopyMethod.MakeGenericMethod(type).Invoke(this, [message])!);
    }

    private T RoundTripAs<T>(T value)
    {
        var serializer = _services.GetRequiredService<Serializer>();
        return serializer.Deserialize<T>(serializer.SerializeToArray(value))!;
    }

    private T CopyAs<T>(T value) => _services.GetRequiredService<DeepCopier>().Copy(value)!;
}
