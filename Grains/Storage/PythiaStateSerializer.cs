using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Orleans.Storage;
using Pythia.Grains.Clients;
using Pythia.Grains.Consents;
using Pythia.Grains.Devices;
using Pythia.Grains.History;
using Pythia.Grains.Ledgers;
using Pythia.Grains.Mirror;
using Pythia.Grains.Owners;
using Pythia.Grains.Policies;
using Pythia.Grains.Registry;

namespace Pythia.Grains.Storage;

/// <summary>Writes grain state as JSON: camel-case names, enums as numbers, bytes in base64, no type names. The same bytes on both
/// engines; a snapshot pins them.</summary>
/// <remarks>A state of an older schema is brought up step by step (<see cref="StateUpcasts"/>); one of a newer schema is refused, since
/// writing it back would lose what this version does not know.</remarks>
public sealed class PythiaStateSerializer : IGrainStorageSerializer
{
    private const string VersionProperty = "schemaVersion";

    /// <inheritdoc/>
    public BinaryData Serialize<T>(T? input) => new(JsonSerializer.SerializeToUtf8Bytes(input, StateJson.Default.Options));

    /// <inheritdoc/>
    /// <exception cref="JsonException">The bytes are damaged, or of a schema that is newer than this program.</exception>
    public T Deserialize<T>(BinaryData input)
    {
        var found = ReadVersion(input.ToMemory().Span, typeof(T));
        var current = StateUpcasts.CurrentVersion(typeof(T));
        if (found > current)
        {
            throw new JsonException($"{typeof(T).Name} of schema {found} found, at most {current} expected: the data was written by a newer version");
        }

        if (found == current)
        {
            return JsonSerializer.Deserialize<T>(input.ToMemory().Span, StateJson.Default.Options) ?? throw Damaged<T>();
        }

        var state = JsonNode.Parse(input.ToMemory().Span)?.AsObject() ?? throw Damaged<T>();
        for (var version = found; version < current; version++)
        {
            StateUpcasts.Step(typeof(T), version)(state);
            state[VersionProperty] = version + 1;
        }

        return state.Deserialize<T>(StateJson.Default.Options) ?? throw Damaged<T>();
    }

    private static int ReadVersion(ReadOnlySpan<byte> json, Type type)
    {
        var reader = new Utf8JsonReader(json);
        if (reader.Read() && reader.TokenType is JsonTokenType.StartObject)
        {
            while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
            {
                var isVersion = reader.ValueTextEquals(VersionProperty);
                reader.Read();
                if (isVersion && reader.TokenType is JsonTokenType.Number && reader.TryGetInt32(out var version))
                {
                    return version;
                }

                reader.Skip();
            }
        }

        throw new JsonException($"{type.Name} without {VersionProperty} found");
    }

    private static JsonException Damaged<T>() => new($"{typeof(T).Name} is damaged: null found");
}

/// <summary>The schema versions of stored states, and the steps from one to the next.</summary>
public static class StateUpcasts
{
    // (state, version it comes from) → what makes it one version newer. Never changed once released.
    private static readonly Dictionary<(Type State, int From), Action<JsonObject>> Steps = [];

    /// <summary>What this program writes.</summary>
    public static int CurrentVersion(Type state) => 1 + Steps.Keys.Count(k => k.State == state);

    /// <exception cref="JsonException">No step leads on from this version.</exception>
    public static Action<JsonObject> Step(Type state, int from)
        => Steps.TryGetValue((state, from), out var step) ? step : throw new JsonException($"{state.Name} of schema {from} can't be brought up");
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(Base64Converter)])]
[JsonSerializable(typeof(DeviceState))]
[JsonSerializable(typeof(ManufacturerState))]
[JsonSerializable(typeof(OwnerState))]
[JsonSerializable(typeof(ConsentState))]
[JsonSerializable(typeof(PolicyState))]
[JsonSerializable(typeof(IntentState))]
[JsonSerializable(typeof(LaneState))]
[JsonSerializable(typeof(BatchState))]
[JsonSerializable(typeof(SweepState))]
[JsonSerializable(typeof(LedgerState))]
[JsonSerializable(typeof(LedgerBlockState))]
[JsonSerializable(typeof(DeviceBatchState))]
[JsonSerializable(typeof(GranteeState))]
[JsonSerializable(typeof(ExpiryState))]
[JsonSerializable(typeof(HistoryPageState))]
[JsonSerializable(typeof(OwnerIndexState))]
[JsonSerializable(typeof(ClientState))]
[JsonSerializable(typeof(NonceState))]
[JsonSerializable(typeof(KeptRequestState))]
[JsonSerializable(typeof(PythiaRegistryState))]
[JsonSerializable(typeof(EnclaveKeyState))]
[JsonSerializable(typeof(RegistrationDeskState))]
[JsonSerializable(typeof(RegistrationEvidenceState))]
internal sealed partial class StateJson : JsonSerializerContext;

/// <summary>Bytes as base64 text instead of a list of numbers.</summary>
internal sealed class Base64Converter : JsonConverter<ImmutableArray<byte>>
{
    public override ImmutableArray<byte> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        => [.. reader.GetBytesFromBase64()];

    public override void Write(Utf8JsonWriter writer, ImmutableArray<byte> value, JsonSerializerOptions options)
        => writer.WriteBase64StringValue(value.IsDefault ? [] : value.AsSpan());
}
