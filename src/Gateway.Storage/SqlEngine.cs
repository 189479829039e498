using System.Data.Common;

namespace Gateway.Storage;

/// <summary>Why a database refused.</summary>
internal enum SqlRefusal
{
    /// <summary>The statement itself is wrong for the data: trying again cannot help.</summary>
    Statement,

    /// <summary>The disk is full, the file locked, the server away: trying again later can help.</summary>
    Resource,
}

/// <summary>
/// What differs between the engines that can stand behind the stores. The statements of the stores are written in the SQL
/// that SQLite and PostgreSQL share: upserts by "on conflict", times as Unix milliseconds, ids and JSON as text.
/// </summary>
internal abstract class SqlEngine
{
    /// <summary>The file or the server, for logs; without secrets.</summary>
    public abstract string Name { get; }

    public abstract string Version { get; }

    /// <summary>The connection of the one writer.</summary>
    public abstract DbConnection OpenWriter();

    public abstract DbConnection OpenReader();

    /// <summary>
    /// Set between transactions. True: a commit is on the disk when it returns (it survives a loss of power). False: it
    /// survives the death of the process, and the disk follows soon after.
    /// </summary>
    public abstract void SetDurable(DbConnection connection, bool durable);

    public abstract SqlRefusal Classify(DbException exception);

    /// <summary>Held while migrations run: several processes may start at once.</summary>
    public virtual void LockMigrations(DbConnection connection)
    {
    }

    public virtual void UnlockMigrations(DbConnection connection)
    {
    }

    /// <summary>Closes what is pooled: the last connection folds the log back into the file.</summary>
    public abstract void Close();
}
