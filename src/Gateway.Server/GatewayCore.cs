using Gateway.Server.Ports;
using Gateway.Sip;

namespace Gateway.Server;

/// <summary>
/// The dispatcher of one loop and its transaction user: whose request is it, what is asked, who handles it. The loop (Net)
/// feeds it; it owns the registrar, the routes and the calls.
/// </summary>
public sealed class GatewayCore : ITransactionUser
{
    public GatewayCore(LoopServices services) => throw new NotImplementedException();

    /// <summary>A parsed message from any transport; the lease stays the caller's.</summary>
    public void Receive(SipMessage message, in Flow flow, TimeSpan now) => throw new NotImplementedException();

    /// <summary>Bytes that are no message but whose sender can be answered (400, 505, 513).</summary>
    public void ReceiveBad(SipRequest? partial, in SipParseError error, in Flow flow, TimeSpan now) => throw new NotImplementedException();

    public void FlowClosed(in Flow flow, TimeSpan now) => throw new NotImplementedException();

    public void OnMedia(MediaEvent happened, TimeSpan now) => throw new NotImplementedException();

    public void OnRequest(ServerTransaction transaction, SipRequest request, TimeSpan now) => throw new NotImplementedException();

    public void OnAck(SipRequest ack, in Flow flow, TimeSpan now) => throw new NotImplementedException();

    public void OnCancel(ServerTransaction invite, SipRequest cancel, TimeSpan now) => throw new NotImplementedException();

    public void OnResponse(ClientTransaction transaction, SipResponse response, TimeSpan now) => throw new NotImplementedException();

    public void OnFailure(ClientTransaction transaction, TransactionFailure failure, TimeSpan now) => throw new NotImplementedException();

    public void OnServerInviteEnded(ServerTransaction transaction, bool acknowledged, TimeSpan now) => throw new NotImplementedException();
}
