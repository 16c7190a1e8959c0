// Exceptions: message, stack trace as text, inner exception, HResult and data; what else one holds only if it is marked.
using System.Collections;
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Pythia.Embedded.Serialization;

/// <summary>An exception that is marked <c>[GenerateSerializer]</c>: the members of <see cref="Exception"/> as first level, then its own.</summary>
public abstract class ExceptionCodec<T> : ReferenceCodec<T>
    where T : Exception
{
    private const uint MessageId = 0;
    private const uint StackTraceId = 1;
    private const uint InnerId = 2;
    private const uint HResultId = 3;
    private const uint DataId = 4;

    protected abstract void WriteMembers(MessageWriter writer, T value);

    protected abstract void ReadMembers(ref MessageReader reader, T value);

    protected abstract void CopyMembers(T from, T to, CopyContext context);

    protected sealed override void WriteBody(MessageWriter writer, T value)
    {
        writer.Member(MessageId, value.Message);
        writer.Member(StackTraceId, value.StackTrace);
        writer.Member(InnerId, value.InnerException);
        writer.Member(HResultId, value.HResult);
        writer.Member(DataId, DataOf(value));
        writer.EndLevel();
        WriteMembers(writer, value);
    }

    protected sealed override T ReadBody(ref MessageReader reader, int slot)
    {
        string? message = null, stackTrace = null;
        Exception? inner = null;
        Dictionary<object, object?>? data = null;
        var hResult = 0;
        while (reader.NextMember(out var id))
        {
            switch (id)
            {
                case MessageId:
                    message = reader.Member<string?>();
                    break;
                case StackTraceId:
                    stackTrace = reader.Member<string?>();
                    break;
                case InnerId:
                    inner = reader.Member<Exception?>();
                    break;
                case HResultId:
                    hResult = reader.Member<int>();
                    break;
                case DataId:
                    data = reader.Member<Dictionary<object, object?>?>();
                    break;
                default:
                    reader.SkipMember();
                    break;
            }
        }

        var value = Make(message, stackTrace, inner, hResult, data);
        Made(ref reader, slot, value);
        ReadMembers(ref reader, value);
        return value;
    }

    protected sealed override T CopyBody(T value, CopyContext context)
    {
        var copy = Make(value.Message, value.StackTrace, context.Copy(value.InnerException), value.HResult, context.Copy(DataOf(value)));
        context.Record(value, copy);
        CopyMembers(value, copy, context);
        return copy;
    }

    /// <summary>An exception without its own constructor having run; the stack trace shows the place where it was thrown first.</summary>
    private static T Make(string? message, string? stackTrace, Exception? inner, int hResult, Dictionary<object, object?>? data)
    {
        var value = (T)RuntimeHelpers.GetUninitializedObject(typeof(T));
        Construct(value, message, inner);
        value.HResult = hResult;
        foreach (var (key, item) in data ?? [])
        {
            value.Data[key] = item;
        }

        if (stackTrace is not null)
        {
            ExceptionDispatchInfo.SetRemoteStackTrace(value, stackTrace);
        }

        return value;
    }

    private static Dictionary<object, object?>? DataOf(Exception exception)
        => exception.Data.Count == 0 ? null : exception.Data.Cast<DictionaryEntry>().ToDictionary(entry => entry.Key, entry => entry.Value);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = ".ctor")]
    private static extern void Construct(Exception exception, string? message, Exception? inner);
}

/// <summary>An exception of .NET itself, or of the engine: its own members are lost, as they are on Orleans.</summary>
internal sealed class PlainExceptionCodec<T> : ExceptionCodec<T>
    where T : Exception
{
    protected override void WriteMembers(MessageWriter writer, T value) => writer.EndLevel();

    protected override void ReadMembers(ref MessageReader reader, T value)
    {
        while (reader.NextMember(out _))
        {
            reader.SkipMember();
        }
    }

    protected override void CopyMembers(T from, T to, CopyContext context)
    {
    }
}

/// <summary>Message and all inner exceptions.</summary>
internal sealed class AggregateExceptionCodec : ReferenceCodec<AggregateException>
{
    protected override void WriteBody(MessageWriter writer, AggregateException value)
    {
        writer.Text(OwnMessage(value));
        Elements.Write(writer, value.InnerExceptions.Count, value.InnerExceptions);
    }

    protected override AggregateException ReadBody(ref MessageReader reader, int slot)
    {
        var message = reader.Text();
        return new AggregateException(message, Elements.Read<Exception>(ref reader));
    }

    protected override AggregateException CopyBody(AggregateException value, CopyContext context)
        => new(OwnMessage(value), Elements.Copy(value.InnerExceptions, context));

    private static string? OwnMessage(AggregateException value) => MessageField(value);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_message")]
    private static extern ref string? MessageField(Exception exception);
}

/// <summary>Which exceptions pass without being marked: those of .NET and of the engine.</summary>
internal static class PlainExceptions
{
    private static readonly ConcurrentDictionary<string, Type> Known = new(StringComparer.Ordinal);

    public static bool Has(Type type)
        => type.IsAssignableTo(typeof(Exception)) && !type.IsAbstract && type != typeof(AggregateException)
            && (type.Assembly == typeof(PlainExceptions).Assembly || IsNet(type.Namespace ?? string.Empty));

    /// <summary>By full name, among what is loaded; null where there is none.</summary>
    public static Type? Find(string fullName)
    {
        if (Known.TryGetValue(fullName, out var type))
        {
            return type;
        }

        type = AppDomain.CurrentDomain.GetAssemblies()
            .Where(assembly => assembly == typeof(PlainExceptions).Assembly || IsNet(assembly.GetName().Name ?? string.Empty))
            .Select(assembly => assembly.GetType(fullName, throwOnError: false))
            .FirstOrDefault(found => found is not null && Has(found));
        return type is null ? null : Known.GetOrAdd(fullName, type);
    }

    private static bool IsNet(string name)
        => name is "System" or "Microsoft" || name.StartsWith("System.", StringComparison.Ordinal) || name.StartsWith("Microsoft.", StringComparison.Ordinal);
}
