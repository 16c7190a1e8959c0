using Orleans.Serialization;
using Orleans.Storage;
using Pythia.Embedded.Serialization;
using Shouldly;

namespace Pythia.Embedded.Tests.Serialization;

/// <summary>What of an exception comes across, as on Orleans.</summary>
public sealed class ExceptionTests
{
    public static TheoryData<bool> InBytes => [false, true];

    [Theory, MemberData(nameof(InBytes))]
    public void Cross_Marked_KeepsTypeMembersInnerAndTrace(bool inBytes)
    {
        var thrown = Thrown(new MarkedException("marked", 7, new TimeoutException("inner")) { Data = { ["k"] = 5 }, HResult = 42 });
        var seen = Cross(thrown, inBytes).ShouldBeOfType<MarkedException>();
        seen.ShouldNotBeSameAs(thrown);
        seen.Message.ShouldBe("marked");
        seen.Code.ShouldBe(7);
        seen.HResult.ShouldBe(42);
        seen.Data["k"].ShouldBe(5);
        seen.InnerException.ShouldBeOfType<TimeoutException>().Message.ShouldBe("inner");
        seen.ToString().ShouldContain(nameof(Thrown));
    }

    [Theory, MemberData(nameof(InBytes))]
    public void Cross_OfNet_KeepsTypeAndMessageOnly(bool inBytes)
    {
        var seen = Cross(new ArgumentException("bad", nameof(inBytes)), inBytes).ShouldBeOfType<ArgumentException>();
        seen.Message.ShouldBe("bad (Parameter 'inBytes')");
        seen.ParamName.ShouldBeNull("Orleans loses it too");
        Cross(new TaskCanceledException(), inBytes).ShouldBeOfType<TaskCanceledException>();
        Cross(new System.Net.Sockets.SocketException(5), inBytes).ShouldBeOfType<System.Net.Sockets.SocketException>();
    }

    [Theory, MemberData(nameof(InBytes))]
    public void Cross_Aggregate_KeepsAllInner(bool inBytes)
    {
        var seen = Cross(new AggregateException("all", new MarkedException("a", 1), new InvalidOperationException("b")), inBytes).ShouldBeOfType<AggregateException>();
        seen.Message.ShouldBe("all (a) (b)");
        seen.InnerExceptions.Select(inner => inner.GetType()).ShouldBe([typeof(MarkedException), typeof(InvalidOperationException)]);
    }

    [Theory, MemberData(nameof(InBytes))]
    public void Cross_OfTheEngine_KeepsItsMembers(bool inBytes)
    {
        var seen = Cross(new InconsistentStateException("stale", "2", "1"), inBytes).ShouldBeOfType<InconsistentStateException>();
        seen.StoredEtag.ShouldBe("2");
        seen.CurrentEtag.ShouldBe("1");
    }

    [Fact]
    public void CopyException_Unmarked_ArrivesAsCodecNotFoundThatNamesIt()
    {
        var seen = MessageCopier.CopyException(new PlainException("secret ledger")).ShouldBeOfType<CodecNotFoundException>();
        seen.Message.ShouldContain(nameof(PlainException));
        seen.Message.ShouldContain("secret ledger");
    }

    [Fact]
    public void CopyException_UnmarkedInside_ArrivesAsCodecNotFound()
        => MessageCopier.CopyException(new InvalidOperationException("outer", new PlainException("inner"))).ShouldBeOfType<CodecNotFoundException>();

    [Fact]
    public void Deserialize_NameOfATypeThatIsNoException_IsRefused()
    {
        var bytes = MessageSerializer.Serialize<Exception>(new TimeoutException("x"));
        var name = "!System.TimeoutException"u8;
        var at = bytes.AsSpan().IndexOf(name);
        at.ShouldBeGreaterThan(0);
        "!System.Threading.Thread"u8.CopyTo(bytes.AsSpan(at));
        Should.Throw<MalformedMessageException>(() => MessageSerializer.Deserialize<Exception>(bytes)).Reason.ShouldBe(MalformedReason.UnknownType);
    }

    private static Exception Cross(Exception exception, bool inBytes)
        => inBytes ? MessageSerializer.Deserialize<Exception>(MessageSerializer.Serialize(exception)) : MessageCopier.CopyException(exception);

    private static MarkedException Thrown(MarkedException exception)
    {
        try
        {
            throw exception;
        }
        catch (MarkedException caught)
        {
            return caught;
        }
    }
}
