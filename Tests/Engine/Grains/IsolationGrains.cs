using Orleans.Concurrency;

namespace Pythia.Engine.Grains;

/// <summary>A message that may lead back to itself.</summary>
[GenerateSerializer, Alias("engine.Node")]
public class Node
{
    [Id(0)]
    public string Name { get; set; } = "";

    [Id(1)]
    public Node? Next { get; set; }

    [Id(2)]
    public Node? Other { get; set; }
}

/// <summary>A node with more to it, where a plain one is declared.</summary>
[GenerateSerializer, Alias("engine.WideNode")]
public sealed class WideNode : Node
{
    [Id(0)]
    public int Width { get; set; }
}

[Alias("engine.IIsolationGrain")]
public interface IIsolationGrain : IGrainWithStringKey
{
    /// <summary>Whether the two nodes after this one are one object.</summary>
    [Alias("AreSame")]
    Task<bool> AreSameAsync(Node node);

    /// <summary>The node as it came, of whatever class.</summary>
    [Alias("Return")]
    Task<Node?> ReturnAsync(Node? node);

    [Alias("Sum")]
    Task<int> SumAsync(Immutable<int[]> numbers);

    /// <summary>Lets the grain of this key change a basket, and says whether its own stayed as it was.</summary>
    [Alias("LetChange")]
    Task<bool> LetChangeAsync(string key);

    /// <summary>Adds a number to a list that it keeps, and returns that list.</summary>
    [Alias("Grow")]
    Task<List<int>> GrowAsync(int number);
}

[GrainType("engine.isolation")]
public sealed class IsolationGrain : Grain, IIsolationGrain
{
    private readonly List<int> _kept = [];

    public Task<bool> AreSameAsync(Node node) => Task.FromResult(ReferenceEquals(node.Next, node.Other));

    public Task<Node?> ReturnAsync(Node? node) => Task.FromResult(node);

    public Task<int> SumAsync(Immutable<int[]> numbers) => Task.FromResult(numbers.Value.Sum());

    public async Task<bool> LetChangeAsync(string key)
    {
        var basket = new Basket { Numbers = [1], Bytes = [2], Counts = { ["a"] = 3 } };
        var changed = await GrainFactory.GetGrain<ICallGrain>(key).ChangeAsync(basket);
        return basket.Numbers.Count == 1 && basket.Bytes[0] == 2 && basket.Counts.Count == 1 && changed.Numbers.Count == 2;
    }

    public Task<List<int>> GrowAsync(int number)
    {
        _kept.Add(number);
        return Task.FromResult(_kept);
    }
}
