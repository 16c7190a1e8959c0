using System.Runtime.ExceptionServices;

namespace Orleans.Serialization.Invocation;

/// <summary>The outcome of a call: a result or an error.</summary>
public abstract class Response : IDisposable
{
    /// <summary>The outcome of a call without result.</summary>
    public static Response Completed { get; } = new Of<object>(null);

    public abstract object? Result { get; set; }

    public abstract Exception? Exception { get; set; }

    public static Response FromException(Exception exception) => new Failed(exception);

    public static Response FromResult<TResult>(TResult value) => new Of<TResult>(value);

    /// <summary>The result; throws the error if there is one.</summary>
    public abstract T GetResult<T>();

    /// <summary>The type of the result, where it is known without the result.</summary>
    public virtual Type? GetSimpleResultType() => null;

    /// <summary>Nothing to give back: outcomes are not pooled here.</summary>
    public abstract void Dispose();

    /// <inheritdoc/>
    public override string ToString() => Exception is { } exception ? exception.ToString() : Result?.ToString() ?? "[null]";

    private sealed class Of<TResult>(TResult? value) : Response
    {
        private TResult? _value = value;

        public override object? Result
        {
            get => _value;
            set => _value = (TResult?)value;
        }

        public override Exception? Exception
        {
            get => null;
            set => throw new InvalidOperationException($"{nameof(Exception)} is set on a response with a result; make one with {nameof(FromException)}");
        }

        public override T GetResult<T>() => _value is T result ? result : (T)(object?)_value!;

        public override Type GetSimpleResultType() => typeof(TResult);

        public override void Dispose()
        {
        }
    }

    private sealed class Failed(Exception exception) : Response
    {
        public override object? Result
        {
            get => Throw();
            set => throw new InvalidOperationException($"{nameof(Result)} is set on a response with an error; make one with {nameof(FromResult)}");
        }

        public override Exception? Exception { get; set; } = exception;

        public override T GetResult<T>() => (T)Throw();

        public override void Dispose()
        {
        }

        private object Throw()
        {
            ExceptionDispatchInfo.Throw(Exception!);
            return null!;
        }
    }
}
