namespace Pythia.Gateway.Devices;

/// <summary>HTTP statuses of an enclave's refusals, by the names of <c>Pythia.Enclave.RefusalReason</c>.</summary>
public static class RefusalStatus
{
    /// <summary>Every status that <see cref="Of"/> gives.</summary>
    public static IReadOnlyList<int> All { get; } = [400, 404, 422, 500, 502, 503];

    /// <returns>4xx: another question may be answered; 503: the same one may be, later; 502: the nodes behind the enclave failed it.</returns>
    public static int Of(string reason) => reason switch
    {
        "BadRequest" => 400,
        "UnknownFact" => 422,
        "LevelTooLow" or "OwnKey" => 422,
        "BlockUnknown" => 404,
        "NoHead" or "HeadTooOld" or "NodeUnavailable" => 503,
        "WrongChain" or "ProofInvalid" or "HeaderInvalid" or "ReceiptsInvalid" or "HeadWentBack" or "ReplyTooLong" => 502,
        _ => 500,
    };
}
