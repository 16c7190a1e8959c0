namespace Pythia.Embedded.Sqlite;

/// <summary>A write that waits for its commit.</summary>
internal abstract class SqliteWrite
{
    /// <summary>Inside of the transaction, on the writer's thread. A refusal is kept for <see cref="Succeed"/>; an exception ends the whole commit.</summary>
    public abstract void Execute(SqliteDatabase database, SqliteCommands commands);

    /// <summary>The commit is on the disk.</summary>
    public abstract void Succeed();

    /// <summary>There was no commit.</summary>
    public abstract void Fail(Exception exception);
}

/// <summary>A write with a result.</summary>
internal sealed class SqliteWrite<TResult>(Func<SqliteDatabase, SqliteCommands, TResult> write, CancellationToken cancellationToken) : SqliteWrite
{
    private readonly TaskCompletionSource<TResult> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TResult? _result;
    private Exception? _refusal;

    public Task<TResult> Done => _done.Task;

    public override void Execute(SqliteDatabase database, SqliteCommands commands)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            _refusal = new OperationCanceledException(cancellationToken);
            return;
        }

        try
        {
            _result = write(database, commands);
        }
        catch (Exception refusal) when (refusal is Orleans.Storage.InconsistentStateException || commands.IsInTransaction)
        {
            // The statement alone failed; the transaction goes on without it.
            _refusal = refusal;
        }
    }

    public override void Succeed()
    {
        if (_refusal is null)
        {
            _done.SetResult(_result!);
        }
        else
        {
            _done.SetException(_refusal);
        }
    }

    public override void Fail(Exception exception) => _done.SetException(exception);
}
