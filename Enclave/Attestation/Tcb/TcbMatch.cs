using Pythia.Enclave.Attestation.Certificates;
using Pythia.Enclave.Attestation.Quotes;

namespace Pythia.Enclave.Attestation.Tcb;

/// <summary>Finds the level that a platform, a TDX module or a quoting enclave reaches: the first one listed that asks for nothing it has not.</summary>
internal static class TcbMatch
{
    // TEE_TCB_SVN: 0 the module's SVN, 1 its version; both count in the module's own identity once the version is not 0.
    private const int ModuleSvn = 0;
    private const int ModuleVersion = 1;

    /// <summary>Each component is compared with its own, never the vector as a number. CPUSVN of the quote is no such vector and is not used.</summary>
    public static TcbFinding? FindPlatform(TcbInfo info, SgxExtension platform, TdxReport? tdx)
    {
        var firstTdxComponent = tdx is not null && Version(tdx) > 0 ? ModuleVersion + 1 : 0;
        foreach (var level in info.Levels)
        {
            if (platform.PceSvn >= level.PceSvn
                && Reaches(platform.Components.Span, level.Components.Span)
                && (tdx is null || Reaches(tdx.TeeTcbSvn.Span[firstTdxComponent..], level.TdxComponents.Span[firstTdxComponent..])))
            {
                return level.Finding;
            }
        }

        return null;
    }

    public static TcbFinding? FindSvn(IEnumerable<SvnLevel> levels, int isvSvn) => levels.FirstOrDefault(level => isvSvn >= level.IsvSvn)?.Finding;

    /// <summary>Holds a trust domain's SEAM module to what the TCB info says of its version.</summary>
    /// <returns>Its level; null for version 0, which has none of its own, and where a fault was added.</returns>
    public static TcbFinding? CheckModule(TcbInfo info, TdxReport tdx, FaultList faults)
    {
        var version = Version(tdx);
        var module = version == 0 ? info.Module : FindModule(info, version);
        if (!faults.Expect(module is not null, QuoteFaultKind.TdxModuleUnknown, $"TDX module: version {version} found, none such in the TCB info")) return null;

        faults.Expect(
            tdx.MrSignerSeam.Span.SequenceEqual(module!.MrSigner.Span),
            QuoteFaultKind.TdxModuleMismatch,
            $"MRSIGNERSEAM: {Convert.ToHexStringLower(tdx.MrSignerSeam.Span)} found, {Convert.ToHexStringLower(module.MrSigner.Span)} expected");
        faults.Expect(
            EqualsUnderMask(tdx.SeamAttributes.Span, module.AttributesMask.Span, module.Attributes.Span),
            QuoteFaultKind.TdxModuleMismatch,
            $"SEAMATTRIBUTES: {Convert.ToHexStringLower(tdx.SeamAttributes.Span)} found, {Convert.ToHexStringLower(module.Attributes.Span)} expected");
        if (version == 0) return null;

        var svn = tdx.TeeTcbSvn.Span[ModuleSvn];
        var finding = FindSvn(module.Levels, svn);
        faults.Expect(finding is not null, QuoteFaultKind.TdxModuleLevelUnsupported, $"TDX module {module.Id}: SVN {svn} found, below every level listed");
        return finding;
    }

    /// <summary>The identity of a module of this version, 1 or more: <c>TDX_01</c> and so on.</summary>
    public static TdxModule? FindModule(TcbInfo info, int version)
        => info.Modules.FirstOrDefault(found => string.Equals(found.Id, $"TDX_{version:X2}", StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether a finding of its own is due for the module.</summary>
    public static bool HasModuleLevel(TdxReport? tdx) => tdx is not null && Version(tdx) > 0;

    /// <summary>(found &amp; mask) = expected.</summary>
    public static bool EqualsUnderMask(ReadOnlySpan<byte> found, ReadOnlySpan<byte> mask, ReadOnlySpan<byte> expected)
    {
        for (var i = 0; i < found.Length; i++)
        {
            if ((found[i] & mask[i]) != expected[i]) return false;
        }

        return true;
    }

    private static int Version(TdxReport tdx) => tdx.TeeTcbSvn.Span[ModuleVersion];

    private static bool Reaches(ReadOnlySpan<byte> found, ReadOnlySpan<byte> needed)
    {
        for (var i = 0; i < needed.Length; i++)
        {
            if (found[i] < needed[i]) return false;
        }

        return true;
    }
}
