using System.Reflection;
using Pythia.Embedded;

namespace Pythia.EndToEnd;

/// <summary>Parts of the program that only this engine has, and the ids of their log events.</summary>
internal static class EngineParts
{
    public static (Assembly Assembly, (int First, int Last)[] Ranges)[] All { get; } = [(typeof(IStorageFiles).Assembly, [(5000, 5999)])];
}
