namespace Pythia.Embedded.Generator;

/// <summary>The types that generator and diagnostics look for, by metadata name.</summary>
internal static class KnownNames
{
    public const string GenerateSerializer = "Orleans.GenerateSerializerAttribute";
    public const string RegisterConverter = "Orleans.RegisterConverterAttribute";
    public const string Converter = "Orleans.IConverter`2";
    public const string Id = "Orleans.IdAttribute";
    public const string Alias = "Orleans.AliasAttribute";
    public const string Immutable = "Orleans.ImmutableAttribute";
    public const string AlwaysInterleave = "Orleans.Concurrency.AlwaysInterleaveAttribute";
    public const string Addressable = "Orleans.Runtime.IAddressable";
    public const string GrainInterface = "Orleans.IGrain";
    public const string GrainBase = "Orleans.IGrainBase";
    public const string Grain = "Orleans.Grain";
    public const string GrainOfState = "Orleans.Grain`1";
    public const string PersistentState = "Orleans.Runtime.IPersistentState`1";
    public const string HasCodec = "Pythia.Embedded.Serialization.HasCodecAttribute";
    public const string Exception = "System.Exception";
    public const string CancellationToken = "System.Threading.CancellationToken";
    public const string NonSerialized = "System.NonSerializedAttribute";
}
