using System.Text;
using Gateway.Server.Accounts;
using Gateway.Server.Configuration;
using Gateway.Server.Registrar;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Overload;

/// <summary>Ranks requests by what they are worth when there is too much to do; reads published tables only. Thread-safe.</summary>
public sealed class RequestRanks(string realm, AccountDirectory accounts, BindingDirectory bindings, ConfigurationDirectory configuration)
{
    public RequestRank Of(SipMessage message)
    {
        if (message is not SipRequest request || !request.ToTag.IsEmpty || request.Method is SipMethod.Ack or SipMethod.Cancel or SipMethod.Bye)
        {
            return RequestRank.UnderWay;
        }

        return request.Method switch
        {
            SipMethod.Register when IsKnown(request) => RequestRank.Kept,
            SipMethod.Invite when IsEmergency(request) => RequestRank.Kept,
            _ => RequestRank.New,
        };
    }

    private bool IsKnown(SipRequest request) =>
        request.To.TryGetUri(out var uri) && DialledNumber.TryFind(accounts, uri, out var account) && bindings.Get($"{account.User}@{realm}").Count > 0;

    private bool IsEmergency(SipRequest request) =>
        request.TryGetUri(out var uri) && configuration.Current.Numbers.Emergency.Contains(Encoding.Latin1.GetString(uri.User));
}
