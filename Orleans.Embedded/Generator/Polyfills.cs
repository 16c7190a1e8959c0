// What the compiler asks for and netstandard2.0 has not.
namespace System.Runtime.CompilerServices;

internal static class IsExternalInit;
