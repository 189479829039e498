using System.Net.Sockets;
using Gateway.Storage;

namespace Gateway.Web.Setup;

/// <summary>Turns what can go wrong at a start into words for the person at the terminal; null for what is our own bug.</summary>
internal static class StartFailure
{
    public static string? Explain(Exception e) => e switch
    {
        SettingsException or StorageException => e.Message,
        IOException { InnerException: Microsoft.AspNetCore.Connections.AddressInUseException inner } => $"{inner.Message} Choose another port: --https-port PORT.",
        SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } => "A port is taken by another program. Choose others: --sip-port, --media-port, --rtp-ports.",
        UnauthorizedAccessException => $"{e.Message} Choose another folder: --data FOLDER.",
        DllNotFoundException => $"{e.Message}\nA system library is missing. On Debian, as root: apt-get install libssl3 libsqlite3-0",
        _ => null,
    };
}
