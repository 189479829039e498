using System.Threading.Channels;
using Gateway.Net.Sip;
using Gateway.Server;
using Gateway.Sip;
using Gateway.Testing.Server;

namespace Gateway.Net.Tests.Sip.Streams;

/// <summary>Sends requests of the gateway's own through a running host and waits for what comes of them.</summary>
internal sealed class Asking(HostRig rig) : IClientTransactionOwner
{
    private readonly Channel<string> _outcomes = Channel.CreateUnbounded<string>();

    /// <summary>Sends an OPTIONS on a flow.</summary>
    /// <param name="more">Header fields, each with its line end.</param>
    public Task SendAsync(Flow flow, string more = "", string method = "OPTIONS") => rig.Host.Loops[0].InvokeAsync(core =>
    {
        var branch = core.Transactions.NewBranch();
        var text = $"""
            {method} sip:pbx.example SIP/2.0
            Via: SIP/2.0/{flow.Transport.ToString().ToUpperInvariant()} gw.example:5060;branch={branch}
            Max-Forwards: 70
            From: <sip:gw.example>;tag=1
            To: <sip:pbx.example>
            Call-ID: {branch}
            CSeq: 1 {method}
            {more}Content-Length: 0
            """;
        core.Transactions.Send(Enum.Parse<SipMethod>(method, ignoreCase: true), branch, System.Text.Encoding.UTF8.GetBytes(CoreHarness.Wire(text)), flow, this, rig.Host.Now);
        return true;
    });

    /// <summary>The status of the next answer, or Transport or Timeout.</summary>
    public async Task<string> OutcomeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        return await _outcomes.Reader.ReadAsync(limit.Token);
    }

    public async Task<string> AskAsync(Flow flow)
    {
        await SendAsync(flow);
        return await OutcomeAsync();
    }

    public void OnResponse(ClientTransaction transaction, SipResponse response, TimeSpan now) => _outcomes.Writer.TryWrite(response.StatusCode.ToString(System.Globalization.CultureInfo.InvariantCulture));

    public void OnFailure(ClientTransaction transaction, TransactionFailure failure, TimeSpan now) => _outcomes.Writer.TryWrite(failure.ToString());
}
