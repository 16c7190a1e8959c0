using Pythia.Gateway.Signing;
using Shouldly;

namespace Pythia.Gateway.Tests.Signing;

/// <summary>Structured Fields by the rules of RFC 9651: what is read and how it is then written (section 4.1), and what is refused
/// (section 4.2). The section stands beside each group.</summary>
public sealed class StructuredFieldTests
{
    [Theory]
    [InlineData("42", "42")] // 3.3.1
    [InlineData("-0", "0")]
    [InlineData("00007", "7")]
    [InlineData("999999999999999", "999999999999999")]
    [InlineData("-999999999999999", "-999999999999999")]
    [InlineData("4.5", "4.5")] // 3.3.2
    [InlineData("-0.250", "-0.25")]
    [InlineData("123456789012.125", "123456789012.125")]
    [InlineData("7.0", "7.0")]
    [InlineData("\"\"", "\"\"")] // 3.3.3
    [InlineData("\"a \\\"b\\\" \\\\ c\"", "\"a \\\"b\\\" \\\\ c\"")]
    [InlineData("gzip", "gzip")] // 3.3.4
    [InlineData("*a:b/c!#$%&'*+-.^_`|~", "*a:b/c!#$%&'*+-.^_`|~")]
    [InlineData(":aGk=:", ":aGk=:")] // 3.3.5
    [InlineData(":aGk:", ":aGk=:")]
    [InlineData("::", "::")]
    [InlineData("?1", "?1")] // 3.3.6
    [InlineData("?0", "?0")]
    [InlineData("@1659578233", "@1659578233")] // 3.3.7
    [InlineData("@-1", "@-1")]
    [InlineData("%\"f%c3%bc\"", "%\"f%c3%bc\"")] // 3.3.8
    [InlineData("  1  ", "1")] // 4.2: spaces around
    [InlineData("a;b;c=2", "a;b;c=2")] // 3.1.2
    [InlineData("a;b=?1;c=?0", "a;b;c=?0")]
    [InlineData("a;  b=1;b=2", "a;b=2")]
    [InlineData("a;b=1;c=2;b=3", "a;b=3;c=2")]
    public void Item_InForm_IsReadAndWritten(string field, string written)
    {
        StructuredFieldParser.TryReadItem(field, out var item).ShouldBeTrue();
        StructuredField.Write(item!).ShouldBe(written);
    }

    [Theory]
    [InlineData("")] // 4.2.3: no item
    [InlineData("1000000000000000")] // 4.2.4: 16 digits
    [InlineData("1234567890123.1")]
    [InlineData("1.2345")]
    [InlineData("1.")]
    [InlineData(".5")]
    [InlineData("-")]
    [InlineData("--1")]
    [InlineData("+1")]
    [InlineData("1 2")] // 4.2: something behind
    [InlineData("1,2")]
    [InlineData("\"open")] // 4.2.5
    [InlineData("\"a\\b\"")]
    [InlineData("\"tab\t\"")]
    [InlineData("\"\u00fc\"")]
    [InlineData("'single'")]
    [InlineData("1a")] // 4.2.6
    [InlineData(":aGk=")] // 4.2.7
    [InlineData(":a_-=:")]
    [InlineData(":a:")]
    [InlineData("?")] // 4.2.8
    [InlineData("?2")]
    [InlineData("?true")]
    [InlineData("@")] // 4.2.9
    [InlineData("@1.5")]
    [InlineData("%\"%C3%BC\"")] // 4.2.10: upper case
    [InlineData("%\"%c3\"")]
    [InlineData("%\"%g0\"")]
    [InlineData("%\"open")]
    [InlineData("%x")]
    [InlineData("a;B=1")] // 4.2.3.3: keys
    [InlineData("a;1b")]
    [InlineData("a;")]
    [InlineData("a;b=")]
    [InlineData("a;b= 1")]
    [InlineData("a ;b=1")]
    public void Item_OutOfForm_IsRefused(string field) => StructuredFieldParser.TryReadItem(field, out _).ShouldBeFalse(field);

    [Theory]
    [InlineData("", "")] // 3.1
    [InlineData("a", "a")]
    [InlineData("a,b,  c", "a, b, c")]
    [InlineData("a \t,\t b", "a, b")]
    [InlineData("(\"x\" 1);p, ()", "(\"x\" 1);p, ()")] // 3.1.1
    [InlineData("( a   b )", "(a b)")]
    public void List_InForm_IsReadAndWritten(string field, string written)
    {
        StructuredFieldParser.TryReadList(field, out var list).ShouldBeTrue();
        string.Join(", ", list!.Select(StructuredField.Write)).ShouldBe(written);
    }

    [Theory]
    [InlineData("a,")] // 4.2.1
    [InlineData(",a")]
    [InlineData("a,,b")]
    [InlineData("a b")]
    [InlineData("(a")] // 4.2.1.2
    [InlineData("(a,b)")]
    [InlineData("(\"a\"\"b\")")]
    [InlineData("((a))")]
    [InlineData("a)")]
    public void List_OutOfForm_IsRefused(string field) => StructuredFieldParser.TryReadList(field, out _).ShouldBeFalse(field);

    [Theory]
    [InlineData("", "")] // 3.2
    [InlineData("a=1, b", "a=1, b")]
    [InlineData("a=?1;x, b=?0", "a;x, b=?0")]
    [InlineData("a=1, b=2, a=3", "a=3, b=2")]
    [InlineData("sig1=(\"@method\" \"@path\");created=1618884473;keyid=\"k\"", "sig1=(\"@method\" \"@path\");created=1618884473;keyid=\"k\"")] // RFC 9421 4.1
    [InlineData("*a=1,b_.c-d*=2", "*a=1, b_.c-d*=2")]
    public void Dictionary_InForm_IsReadAndWritten(string field, string written)
    {
        StructuredFieldParser.TryReadDictionary(field, out var dictionary).ShouldBeTrue();
        StructuredField.WriteDictionary(dictionary!).ShouldBe(written);
    }

    [Theory]
    [InlineData("a=1,")] // 4.2.2
    [InlineData("A=1")]
    [InlineData("1=1")]
    [InlineData("a=")]
    [InlineData("a =1")]
    [InlineData("a= 1")]
    [InlineData("=1")]
    [InlineData("_b=1")]
    [InlineData("a=1 b=2")]
    public void Dictionary_OutOfForm_IsRefused(string field) => StructuredFieldParser.TryReadDictionary(field, out _).ShouldBeFalse(field);
}
