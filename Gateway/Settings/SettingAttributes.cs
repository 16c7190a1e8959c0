using System.ComponentModel.DataAnnotations;
using Pythia.Ethereum;

namespace Pythia.Gateway.Settings;

/// <summary>An absolute http or https URL. An empty value is left to <see cref="RequiredAttribute"/>.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class HttpUrlAttribute() : ValidationAttribute("an absolute http or https URL")
{
    public override bool IsValid(object? value)
        => value is null or "" || (value is string text && Uri.TryCreate(text, UriKind.Absolute, out var uri)
            && uri.Scheme is "http" or "https" && uri.Host.Length > 0);
}

/// <summary>0x and 40 hex digits. An empty value is left to <see cref="RequiredAttribute"/>.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class EthereumAddressAttribute() : ValidationAttribute("0x and 40 hex digits")
{
    public override bool IsValid(object? value) => value is null or "" || (value is string text && Address.TryParse(text, out _));
}

/// <summary>0x and a stated number of hex digits. An empty value is left to <see cref="RequiredAttribute"/>.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class HexBytesAttribute(int bytes) : ValidationAttribute($"0x and {2 * bytes} hex digits")
{
    public int Bytes { get; } = bytes;

    public override bool IsValid(object? value)
        => value is null or "" || (value is string text && Hex.TryParse(text, out var found) && found.Length == Bytes);
}

/// <summary>A rule for each text of a list.</summary>
[AttributeUsage(AttributeTargets.Property, AllowMultiple = true)]
public abstract class EachAttribute(ValidationAttribute rule) : Attribute
{
    public ValidationAttribute Rule { get; } = rule;
}

/// <summary>Each is 0x and 40 hex digits.</summary>
public sealed class EachEthereumAddressAttribute() : EachAttribute(new EthereumAddressAttribute());

/// <summary>Each is an absolute http or https URL.</summary>
public sealed class EachHttpUrlAttribute() : EachAttribute(new HttpUrlAttribute());
