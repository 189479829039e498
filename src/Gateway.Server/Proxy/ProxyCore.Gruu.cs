using System.Text;
using Gateway.Sip;

namespace Gateway.Server.Proxy;

/// <summary>Requests inside proxied dialogs whose target is the GRUU of a device: it stands for the contact that the device has now.</summary>
public sealed partial class ProxyCore
{
    /// <summary>RFC 5627 §6.1: the GRUU in the Request-URI gives way to the contact; when the device is away, the URI stays as it is and its last flow is tried.</summary>
    private OutgoingRoute Next(ReceivedRoute route) =>
        route.Rest.Count == 0
        && SipUriView.TryParse(Encoding.UTF8.GetBytes(route.RequestUri), out var uri)
        && Services.Hosts.Owns(uri)
        && Services.Gruus.TryResolve(uri, out var device)
        && device.Bindings is [var binding, ..]
            ? route.Toward(binding.TargetOf(isSips: false)!.ToString(), binding.Path)
            : route.Toward();
}
