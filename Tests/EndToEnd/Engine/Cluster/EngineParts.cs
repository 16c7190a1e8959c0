using System.Reflection;

namespace Pythia.EndToEnd;

/// <summary>Parts of the program that only this engine has, and the ids of their log events: real Orleans numbers its own.</summary>
internal static class EngineParts
{
    public static (Assembly Assembly, (int First, int Last)[] Ranges)[] All { get; } = [];
}
