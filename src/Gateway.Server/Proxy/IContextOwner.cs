using Gateway.Sip;

namespace Gateway.Server.Proxy;

/// <summary>Hears what becomes of a <see cref="ResponseContext"/>, and says what its copies carry: a proxied call, a request inside one.</summary>
internal interface IContextOwner
{
    /// <summary>The Record-Route values of the copy that leaves by this flow, the topmost first; empty for none.</summary>
    IReadOnlyList<string> RecordRoute(ContextBranch branch, in Flow to, TimeSpan now);

    /// <summary>A 1xx or a 2xx of a branch is about to be forwarded.</summary>
    void OnForwarded(ContextBranch branch, SipResponse response, TimeSpan now);

    /// <summary>A branch has its final response, and it is no 2xx.</summary>
    void OnBranchFailed(ContextBranch branch, int status, SipResponse? response, TimeSpan now);

    /// <summary>The caller got this final status, which is no 2xx; 0 when none may be sent (RFC 4320 §4.1).</summary>
    void OnRefused(int status, bool isCancelled, TimeSpan now);

    /// <summary>An error of ours ended it.</summary>
    void OnAborted(TimeSpan now);
}
