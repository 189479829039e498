using Gateway.Server.Ports;

namespace Gateway.Net.Location;

/// <summary>Has one question answered by a network, in its own time; <see cref="GuardedSource"/> sees to it that nobody waits for it.</summary>
internal interface ILocationClient
{
    string Name { get; }

    bool Takes(LocationQuestion question);

    /// <summary>Never throws for what the other side does; a failure is an answer. Its end frees the place among the questions under way.</summary>
    Task<LocationAnswer> AskAsync(LocationQuestion question, CancellationToken cancel);
}
