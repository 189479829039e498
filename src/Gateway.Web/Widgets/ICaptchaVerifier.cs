using System.Net;
using Gateway.Server.Widgets;

namespace Gateway.Web.Widgets;

/// <summary>
/// Tells people from floods before a session is given. One implementation a kind; a service of a third party would verify the
/// answer with the widget's <see cref="Widget.CaptchaSecret"/>.
/// </summary>
internal interface ICaptchaVerifier
{
    CaptchaKind Kind { get; }

    /// <summary>What the page needs to solve it, written as JSON; null when it gets that from elsewhere.</summary>
    object? Challenge(Widget widget, string origin, DateTimeOffset utcNow);

    /// <summary>True once for each solved challenge.</summary>
    ValueTask<bool> VerifyAsync(Widget widget, string origin, string answer, IPAddress address, DateTimeOffset utcNow, CancellationToken cancel);
}
