using System.Text.Encodings.Web;
using Gateway.Server.Widgets;
using Gateway.Web.Setup;

namespace Gateway.Web.Widgets;

/// <summary>
/// <c>/demo?widget=w_…</c>: a page as any web site could have it, with the snippet and a policy as strict as a bank's. It is
/// outside the console on purpose: no session, no Blazor, nothing that the widget could lean on.
/// </summary>
internal static class DemoPage
{
    private sealed record Words(string Title, string Lead, string Field, string Show, string Unknown, string Foreign, string Off, string NotBuilt, string Steps, string[] Step, string Snippet);

    private static readonly Words s_english = new(
        "Click to call: a page with the widget",
        "This page stands for your own web site. The button below was put in by two lines of HTML.",
        "Widget id", "Show",
        "There is no widget with this id.",
        "This widget does not admit pages of this address: add {0} to its origins.",
        "This widget is switched off. The button says so when it is clicked.",
        "The widget's scripts are not built on this machine: install Node.js 20 and build again.",
        "How to get a button",
        ["Sign in to the <a href=\"/console\">console</a> and open Widgets.", "Make a widget: choose where its calls go.", "Add <code>{0}</code> to its origins, so that this page may use it.", "Open this page again with its id, or copy its snippet into a page of yours."],
        "The snippet");

    private static readonly Words s_chinese = new(
        "点击通话：带有通话按钮的页面",
        "此页面代表您自己的网站。下面的按钮只用两行 HTML 就放好了。",
        "按钮编号", "显示",
        "没有此编号的通话按钮。",
        "此按钮不允许本地址的页面使用：请把 {0} 加入它的来源列表。",
        "此按钮已关闭，点击时会有提示。",
        "本机尚未构建按钮脚本：请安装 Node.js 20 后重新构建。",
        "如何获得按钮",
        ["登录<a href=\"/console\">控制台</a>，打开“通话按钮”。", "新建一个按钮，选择来电转到哪里。", "把 <code>{0}</code> 加入它的来源列表，让本页面可以使用它。", "带上编号重新打开本页面，或把代码复制到您自己的页面中。"],
        "代码");

    public static void MapDemo(this IEndpointRouteBuilder routes) => routes.MapGet("/demo", Show).AllowAnonymous();

    private static IResult Show(HttpContext context, WidgetDesk desk, WidgetAssets assets, string widget = "", string theme = "auto", string dir = "ltr", string position = "inline", string lang = "")
    {
        var host = context.Request.Host.Value ?? "";
        context.Response.Headers.ContentSecurityPolicy =
            $"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' wss://{SafeHost(host)}; media-src blob:; form-action 'self'; base-uri 'none'; "
            + "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types gw-call";
        context.Response.Headers["Permissions-Policy"] = "microphone=(self)";
        context.Response.Headers.CacheControl = "no-store";
        var words = (lang.Length > 0 ? lang.StartsWith("zh", StringComparison.Ordinal) : Language.Tag != "en") ? s_chinese : s_english;
        return Results.Content(Page(words, $"https://{SafeHost(host)}", desk.Find(widget), assets, new Look(widget, theme == "dark" ? "dark" : theme == "light" ? "light" : "auto",
            dir == "rtl" ? "rtl" : "ltr", position == "bottom-end" ? "bottom-end" : "inline", words == s_chinese ? "zh-Hans" : "en")), "text/html; charset=utf-8");
    }

    private sealed record Look(string Id, string Theme, string Direction, string Position, string Language);

    private static string Page(Words words, string origin, Widget? widget, WidgetAssets assets, Look look)
    {
        var snippet = widget is null ? null : assets.Snippet(widget, origin, ("lang", look.Language), ("theme", look.Theme), ("position", look.Position), ("data-page", "demo"));
        var isReady = snippet is not null && WidgetDesk.Admits(widget!, origin);
        var note = widget is null
            ? look.Id.Length > 0 ? words.Unknown : ""
            : snippet is null ? words.NotBuilt
            : !WidgetDesk.Admits(widget, origin) ? string.Format(null, words.Foreign, origin)
            : widget.IsEnabled ? "" : words.Off;
        var steps = string.Concat(words.Step.Select(step => $"<li>{string.Format(null, step, Html(origin))}</li>"));
        return $"""
            <!DOCTYPE html>
            <html lang="{look.Language}" dir="{look.Direction}" data-theme="{look.Theme}">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{Html(words.Title)}</title>
            <link rel="stylesheet" href="/css/demo.css">
            </head>
            <body>
            <main>
            <h1>{Html(words.Title)}</h1>
            <p>{Html(words.Lead)}</p>
            <form method="get" action="/demo"><label for="widget">{Html(words.Field)}</label> <input id="widget" name="widget" value="{Html(look.Id.Length <= 64 ? look.Id : "")}" maxlength="64" autocomplete="off" spellcheck="false"> <button>{Html(words.Show)}</button></form>
            {(note.Length > 0 ? $"<p class=\"note\" role=\"status\">{Html(note)}</p>" : "")}
            {(isReady ? $"<div class=\"stage\">{snippet}</div>\n<h2>{Html(words.Snippet)}</h2>\n<pre tabindex=\"0\">{Html(snippet!)}</pre>" : $"<h2>{Html(words.Steps)}</h2>\n<ol>{steps}</ol>")}
            </main>
            </body>
            </html>
            """;
    }

    private static string Html(string text) => HtmlEncoder.Default.Encode(text);

    /// <summary>The Host header is the client's own text.</summary>
    private static string SafeHost(string host) =>
        host.Length is > 0 and < 256 && host.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or ':' or '[' or ']') ? host : "localhost";
}
