using System.Data.Common;

namespace Gateway.Storage.Writing;

/// <summary>What becomes of a write that the disk refused.</summary>
internal enum OnRefusal
{
    /// <summary>Its owner is told and decides.</summary>
    Report,

    /// <summary>It is kept in memory and tried again (call records, refreshes).</summary>
    Keep,
}

/// <summary>One write on its way to the writer's thread.</summary>
/// <param name="Apply">Runs inside the batch's transaction, maybe more than once.</param>
/// <param name="Done">Runs on the writer's thread after the commit (true) or the refusal (false); must only hand on.</param>
/// <param name="Awaited">Someone waits: commit at once and to the disk.</param>
internal sealed record SqlWork(Action<DbConnection, DbTransaction> Apply, Action<bool>? Done, bool Awaited, OnRefusal Refusal);
