using Gateway.Net.Sip;
using Gateway.Sip;

namespace Gateway.Web.Setup;

/// <summary>Takes connections and answers keep-alives only: stands in until the loops are there.</summary>
internal sealed class SilentHost : ISipConnectionHost
{
    private long _last;

    public Flow Opened(ISipConnection connection) => new(connection.Transport, connection.Remote, 0, Interlocked.Increment(ref _last));

    public void Received(in Flow flow, ReadOnlySpan<byte> message) => _ = message.Length;

    public void Closed(in Flow flow) => _ = flow.Connection;
}
