using Gateway.Server.Trunks;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// One request's way through the challenges of the trunk that it went to. ACK and CANCEL are never challenged and have none;
/// a request that came from a peer is never answered with a login (THREATS 23).
/// </summary>
internal sealed class TargetLogin(TrunkLogin login)
{
    public void Write(SipWriter writer, SipMethod method, string uri) => login.Write(writer, method, uri);

    /// <summary>True when the same request, with a new branch and the next number, may be let in.</summary>
    public bool MayRepeat(SipResponse response)
    {
        if (response.StatusCode is not (401 or 407)) return false;
        var verdict = login.Take(response);
        Refusal = login.Explain(verdict);
        return verdict == DigestVerdict.Answer;
    }

    /// <summary>Why the last challenge was not answered, in words; empty when it was, or none came.</summary>
    public string Refusal { get; private set; } = "";
}
