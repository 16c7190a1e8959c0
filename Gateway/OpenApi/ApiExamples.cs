using System.Text.Json.Nodes;
using Pythia.Gateway.Catalogue;
using Pythia.Gateway.Devices;
using Pythia.Gateway.Registry;
using Pythia.Grains.Consents;
using Pythia.Grains.Devices;
using Pythia.Grains.Ledgers;
using Pythia.Grains.Mirror;
using Pythia.Grains.Registry;

namespace Pythia.Gateway.OpenApi;

/// <summary>Examples of the OpenAPI document: of the right form, and nobody's.</summary>
internal static class ApiExamples
{
    public static readonly string DeviceId = Hash('a');
    public static readonly string ConsentId = Hash('c');
    public static readonly string PolicyId = Hash('d');
    public static readonly string Digest = Hash('1');
    public static readonly string BlockHash = Hash('b');
    public static readonly string OwnerAddress = Address('7');
    public static readonly string GranteeAddress = Address('8');
    public static readonly LedgerPosition Position = new(1201, BlockHash, 1_765_999_997, 3, Hash('2'));

    public static readonly ChainJson Chain = new(31337, Address('1'), Address('2'), Address('3'), Address('4'));

    public static readonly IntentView Intent = new(Digest, IntentStage.Mined, 12, "Freeze", OwnerAddress, Hash('2'), Position, "", 412_000);

    public static readonly DeviceView Device = new(DeviceId, DeviceStatus.Active, OwnerAddress, Address('9'), Hash('e'), 1, "0x" + new string('4', 128), Position, 0);

    public static readonly ConsentView Consent = new(
        ConsentId, ConsentStatus.Active, ConsentKind.Data, DeviceId, 1, OwnerAddress, GranteeAddress, Hash('f'), 1_766_000_000, 1_797_536_000, PolicyId, "0", "", Position, 0, 5);

    public static readonly ManufacturerView Manufacturer = new(Address('9'), 1, 0, 1_000, Position);

    public static readonly EnclaveKeyView PythiaKey = new(
        Hash('6'), EnclaveKeyStatus.Active, "0x" + new string('4', 128), Hash('3'), 1_768_000_000, Hash('e'), Hash('5'), "0x" + new string('0', 32), Hash('f'), "", Position);

    public static readonly PythiaRegistryView PythiaRegistry = new(
        [new EndorsedValue(1, Hash('e'), Position, null)], [new EndorsedValue(1, Hash('5'), Position, null)], [Address('7'), Address('8')], 2, 1, Position);

    public static readonly RegistrationJson Registration = new(
        Digest,
        Hash('6'),
        new("0x" + new string('4', 128), Hash('3'), Hash('e'), Hash('5'), "0x" + new string('0', 32), 1_768_000_000, Hash('f'), 1_766_086_400),
        Address('7'),
        [new EndorserSignatureJson(Address('7'), "0x" + new string('9', 130))]);

    public static readonly EnclavesJson Enclaves = new(31337, [new("enclave-1", "0x" + new string('4', 128), Hash('5'), 0, new(1204, 1_766_000_000, BlockHash), "gramine",
            new("0x" + new string('3', 128), new string('2', 16), 3_540))],
        [new("enclave-2", "gramine", ["CollateralExpired"], "2025-12-17T19:35:00Z")]);

    public static readonly JsonObject Prepared = new()
    {
        ["act"] = new JsonObject
        {
            ["act"] = "Freeze",
            ["contract"] = Address('1'),
            ["signer"] = OwnerAddress,
            ["nonce"] = "97433442488726861213578988847752201310395502865",
            ["deadline"] = "1766000600",
            ["deviceId"] = DeviceId,
        },
        ["digest"] = Digest,
        ["typedData"] = new JsonObject { ["primaryType"] = "Freeze" },
    };

    private static string Hash(char digit) => "0x" + new string(digit, 64);

    private static string Address(char digit) => "0x" + new string(digit, 40);
}
