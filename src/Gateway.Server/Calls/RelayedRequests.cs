using System.Text;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// Requests inside a call that mean nothing to us and are handed to the other side: INFO of a package that it takes (RFC 6086),
/// INFO with a body that the operator lets through, methods that the operator names. Its final answer goes back; nothing but the
/// body and what describes it passes (THREATS 21).
/// </summary>
/// <param name="far">The side that gets them.</param>
internal sealed class RelayedRequests(CallLeg far)
{
    private static readonly HeaderId[] s_passed = [HeaderId.InfoPackage, HeaderId.ContentType, HeaderId.ContentDisposition, HeaderId.ContentEncoding, HeaderId.ContentLanguage];

    private readonly Dictionary<ClientTransaction, ServerTransaction> _open = [];

    private LoopServices Services => far.Services;

    /// <returns>False when that side cannot be asked now.</returns>
    public bool TrySend(ServerTransaction asked, SipRequest request, TimeSpan now)
    {
        if (!far.IsConfirmed || far.IsHungUp || !far.CanSend || _open.Count >= CallLimits.RelayedRequests || request.Body.Length > CallLimits.RelayedBody) return false;
        asked.RetainRequest();
        var writer = far.Begin(request.Method, out var branch, request.MethodToken);
        writer.Header(HeaderId.Contact, far.Contact);
        foreach (var id in s_passed)
        {
            if (id != HeaderId.ContentType) writer.Copy(request, id);
        }
        if (request.Body.IsEmpty) writer.NoBody();
        else writer.Body(request.TryGet(HeaderId.ContentType, out var type) ? type : "application/octet-stream"u8, request.Body);
        _open.Add(far.Send(request.Method, branch, now), asked);
        return true;
    }

    /// <returns>True when the response was to a request that was handed on, and the dialog is not gone with it.</returns>
    public bool TakeResponse(ClientTransaction transaction, SipResponse response, TimeSpan now)
    {
        if (response.IsProvisional) return _open.ContainsKey(transaction);
        if (!_open.Remove(transaction, out var asked)) return false;
        // What ends that side's dialog ends the call: here it only could not be delivered.
        Answer(asked, response.StatusCode is 481 or 408 or 401 or 407 or (>= 300 and < 400) ? 480 : response.StatusCode, now);
        return response.StatusCode is not (481 or 408);
    }

    public void TakeFailure(ClientTransaction transaction, TimeSpan now)
    {
        if (_open.Remove(transaction, out var asked)) Answer(asked, 480, now);
    }

    public void Replaced(ClientTransaction old, ClientTransaction repeated)
    {
        if (_open.Remove(old, out var asked)) _open.Add(repeated, asked);
    }

    /// <summary>That side is gone.</summary>
    public void Stop(TimeSpan now)
    {
        foreach (var asked in _open.Values) Answer(asked, 480, now);
        _open.Clear();
    }

    private void Answer(ServerTransaction asked, int status, TimeSpan now)
    {
        if (asked.IsTerminated || asked.LastStatus >= 200) return;
        Replies.Send(Services, asked, asked.Request, status, now);
    }
}

/// <summary>The Info Packages that a side takes, as its last INVITE, UPDATE, PRACK or answer to one said (RFC 6086 §5.2).</summary>
internal sealed class InfoPackages
{
    private const int Most = 16;

    private readonly List<string> _names = [];

    /// <summary>The value of a Recv-Info header; null when the peer never spoke of packages.</summary>
    public string? Value { get; private set; }

    public void Learn(SipMessage message)
    {
        if (!message.Has(HeaderId.RecvInfo)) return;
        _names.Clear();
        foreach (var value in message.Values(HeaderId.RecvInfo))
        {
            var end = value.IndexOf((byte)';');
            var name = Encoding.ASCII.GetString((end < 0 ? value : value[..end]).Trim(" \t"u8));
            if (name.Length is > 0 and <= 64 && _names.Count < Most && name.All(static c => char.IsAsciiLetterOrDigit(c) || "-.!%*_+`'~".Contains(c, StringComparison.Ordinal))) _names.Add(name);
        }
        Value = string.Join(", ", _names);
    }

    public bool Takes(ReadOnlySpan<byte> package)
    {
        var end = package.IndexOf((byte)';');
        var name = (end < 0 ? package : package[..end]).Trim(" \t"u8);
        foreach (var one in _names)
        {
            // §10.8: packages are compared by bytes, case set aside.
            if (Ascii.EqualsIgnoreCase(name, one)) return true;
        }
        return false;
    }
}
