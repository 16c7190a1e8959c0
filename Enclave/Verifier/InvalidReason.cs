namespace Pythia.Enclave.Verifier;

/// <summary>The three answers of every check, always apart (G6). The default is <see cref="Invalid"/>.</summary>
public enum Verdict
{
    /// <summary>Nothing is proven; an <see cref="InvalidReason"/> says why.</summary>
    Invalid = 0,

    /// <summary>The key is there, with the value given.</summary>
    Included = 1,

    /// <summary>The key is proven not to be there, or to hold zero.</summary>
    Absent = 2,
}

/// <summary>Why something is <see cref="Verdict.Invalid"/>, one for each kind of damage. The numbers travel: add at the end of a group.</summary>
public enum InvalidReason
{
    /// <summary>Nothing is wrong, or nothing was checked.</summary>
    None = 0,

    // Trie proofs: 1 to 99

    /// <summary>The list of nodes ends before the path does. Never an absence.</summary>
    CutShort = 1,

    /// <summary>The store of nodes doesn't hold the one that its parent names.</summary>
    NodeMissing = 2,

    /// <summary>The first node doesn't hash to the root.</summary>
    WrongRoot = 3,

    /// <summary>A later node doesn't hash to what its parent names.</summary>
    HashMismatch = 4,

    /// <summary>Bytes that are not exactly one RLP item in its only form.</summary>
    BadRlp = 5,

    /// <summary>RLP, but not a list of 2 or of 17 items of the right kinds.</summary>
    NotANode = 6,

    /// <summary>The hex-prefix encoding of a path has an unknown flag, a non-zero padding nibble or no bytes.</summary>
    BadCompactPath = 7,

    /// <summary>A child is neither empty, nor a hash, nor an embedded node.</summary>
    BadChildReference = 8,

    /// <summary>A node of 32 bytes or more lies inside its parent; it must be referred to by hash.</summary>
    EmbeddedNodeTooLong = 9,

    /// <summary>A node under 32 bytes is referred to by hash; it must lie inside its parent.</summary>
    HashedNodeTooShort = 10,

    /// <summary>A branch with fewer than two children and value.</summary>
    BranchTooBare = 11,

    /// <summary>An extension without a path.</summary>
    EmptyExtension = 12,

    /// <summary>An extension that doesn't lead to a branch.</summary>
    ExtensionWithoutBranch = 13,

    /// <summary>A leaf without a value.</summary>
    EmptyLeaf = 14,

    /// <summary>A branch holds a value in a tree whose keys all have one length.</summary>
    ValueInWrongPlace = 15,

    /// <summary>A path that ends before or after the key does, in a tree whose keys all have one length.</summary>
    WrongPathLength = 16,

    /// <summary>Nodes are left over when the path has ended.</summary>
    ExtraNodes = 17,

    /// <summary>More nodes than a path can have.</summary>
    TooManyNodes = 18,

    /// <summary>A node above the size limit.</summary>
    NodeTooLarge = 19,

    /// <summary>A key above the length limit.</summary>
    KeyTooLong = 20,

    // Accounts, slots and what a node claims about them: 100 to 199

    /// <summary>An account that is not exactly [nonce, balance, storage root, code hash].</summary>
    BadAccount = 100,

    /// <summary>A slot's value that is not exactly one canonical number of at most 32 bytes.</summary>
    BadStorageValue = 101,

    /// <summary>A value beside the proof differs from what is proven; the detail names the member.</summary>
    ClaimMismatch = 102,

    /// <summary>The proof is about another account than was asked.</summary>
    WrongAccount = 103,

    /// <summary>The proof is about another slot than was asked.</summary>
    WrongSlot = 104,

    /// <summary>A slot that was asked is not in the answer.</summary>
    SlotNotAnswered = 105,

    /// <summary>The slot is not judged, because its account's proof is invalid.</summary>
    AccountInvalid = 106,

    /// <summary>The account's proven code is not the configured one.</summary>
    CodeHashMismatch = 107,

    /// <summary>No proof of this account is given.</summary>
    AccountNotAnswered = 108,

    // JSON of nodes: 200 to 299

    /// <summary>More bytes than the limit.</summary>
    JsonTooLarge = 200,

    /// <summary>No JSON, or a member twice.</summary>
    BadJson = 201,

    /// <summary>A member that must be there is missing.</summary>
    MissingMember = 202,

    /// <summary>A member has another form than it must.</summary>
    BadMember = 203,

    /// <summary>The node answered with an error, or with null.</summary>
    NodeError = 204,

    // Headers: 300 to 399

    /// <summary>The header doesn't hash to what the trusted head source named.</summary>
    HeaderHashMismatch = 300,

    /// <summary>A header that is not RLP of the known form.</summary>
    BadHeader = 301,

    /// <summary>A later fork's member is there and an earlier one's is not.</summary>
    HeaderMembersOutOfOrder = 302,

    /// <summary>The header's parent hash is not the parent's hash.</summary>
    ParentMismatch = 303,

    /// <summary>The header's number is not the parent's plus one.</summary>
    WrongNumber = 304,

    /// <summary>The header's time is before the parent's.</summary>
    TimeWentBack = 305,

    // Receipts: 400 to 499

    /// <summary>A receipt that is not of the known form.</summary>
    BadReceipt = 400,

    /// <summary>A transaction type that is not known here.</summary>
    UnknownReceiptType = 401,

    /// <summary>Receipts are missing: the gas of the last is less than the header's.</summary>
    ReceiptsCutShort = 402,

    /// <summary>Receipts are not in the order of the block: cumulative gas doesn't rise, or an index is out of turn.</summary>
    ReceiptsOutOfOrder = 403,

    /// <summary>A receipt's bloom is not that of its logs: logs were added, taken or changed.</summary>
    ReceiptBloomMismatch = 404,

    /// <summary>The header's bloom is not that of all receipts.</summary>
    HeaderBloomMismatch = 405,

    /// <summary>The receipts don't lead to the header's receipts root.</summary>
    ReceiptsRootMismatch = 406,

    /// <summary>Gas above the header's.</summary>
    TooMuchGas = 407,
}
