using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Gateway.Sip;

namespace Gateway.Net.Dns;

/// <summary>What one server said to one question, or why nothing came (in words).</summary>
internal readonly record struct DnsExchanged(DnsResponse? Response, string Failure);

/// <summary>
/// One question to one server: by UDP from a port of its own, by TCP when the answer is cut off. Only a datagram of that
/// server, with our id and our question, is an answer (RFC 5452 §9).
/// </summary>
internal sealed class DnsExchange(RandomNumberGenerator random, DnsMetrics metrics)
{
    /// <summary>So many datagrams that are not ours are a guesser: the question goes by TCP then.</summary>
    private const int MostWrong = 16;

    /// <summary>Runs until <paramref name="cancel"/> at the latest, and does not throw: its end is an answer too.</summary>
    public async Task<DnsExchanged> AskAsync(IPEndPoint server, DnsQuestion question, CancellationToken cancel)
    {
        try
        {
            var answer = await ByUdpAsync(server, question, withEdns: true, cancel).ConfigureAwait(false);
            if (answer is { Code: DnsCode.FormatError or DnsCode.NotImplemented or DnsCode.BadVersion })
            {
                // RFC 6891 §7: a server that does not know EDNS0 may say so in this way.
                answer = await ByUdpAsync(server, question, withEdns: false, cancel).ConfigureAwait(false);
            }

            if (answer is null or { IsTruncated: true })
            {
                answer = await ByTcpAsync(server, question, cancel).ConfigureAwait(false);
            }

            return answer is null or { IsTruncated: true }
                ? new DnsExchanged(null, "cut its answer off and did not send the whole by TCP") : new DnsExchanged(answer, "");
        }
        catch (SocketException e)
        {
            return new DnsExchanged(null, e.SocketErrorCode switch
            {
                SocketError.ConnectionRefused => "is not there (port closed)",
                SocketError.NetworkUnreachable or SocketError.HostUnreachable => "cannot be reached from here",
                _ => $"cannot be asked ({e.SocketErrorCode})",
            });
        }
        catch (OperationCanceledException)
        {
            return new DnsExchanged(null, "does not answer");
        }
    }

    /// <returns>Null when what comes is not from who was asked: then TCP tells.</returns>
    private async Task<DnsResponse?> ByUdpAsync(IPEndPoint server, DnsQuestion question, bool withEdns, CancellationToken cancel)
    {
        // A socket for each query: the system draws its port, and being connected it hears this server only.
        using var socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(server, cancel).ConfigureAwait(false);
        var id = NewId();
        var query = new byte[DnsLimits.Query];
        var length = DnsQueryWriter.Write(id, question, withEdns, query);
        metrics.Query("udp");
        await socket.SendAsync(query.AsMemory(0, length), cancel).ConfigureAwait(false);

        var buffer = new byte[4096];
        for (var wrong = 0; wrong < MostWrong; wrong++)
        {
            var received = await socket.ReceiveAsync(buffer, cancel).ConfigureAwait(false);
            if (Read(buffer.AsSpan(0, received), id, question) is { } response)
            {
                return response;
            }
        }

        return null;
    }

    /// <summary>RFC 1035 §4.2.2: two bytes of length before each message.</summary>
    private async Task<DnsResponse?> ByTcpAsync(IPEndPoint server, DnsQuestion question, CancellationToken cancel)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server, cancel).ConfigureAwait(false);
        var id = NewId();
        var query = new byte[DnsLimits.Query + 2];
        var length = DnsQueryWriter.Write(id, question, withEdns: true, query.AsSpan(2));
        BinaryPrimitives.WriteUInt16BigEndian(query, (ushort)length);
        metrics.Query("tcp");
        await using var stream = new NetworkStream(socket);
        try
        {
            await stream.WriteAsync(query.AsMemory(0, length + 2), cancel).ConfigureAwait(false);
            await stream.ReadExactlyAsync(query.AsMemory(0, 2), cancel).ConfigureAwait(false);
            var answer = new byte[BinaryPrimitives.ReadUInt16BigEndian(query)];
            await stream.ReadExactlyAsync(answer, cancel).ConfigureAwait(false);
            return Read(answer, id, question);
        }
        catch (IOException e)
        {
            // The end of the stream, or a socket's error in the stream's clothes.
            return e.InnerException is SocketException inner ? throw inner : null;
        }
    }

    private DnsResponse? Read(ReadOnlySpan<byte> message, ushort id, in DnsQuestion question)
    {
        if (!DnsResponseParser.TryParse(message, out var response, out var error))
        {
            metrics.Ignored(error.ToString().ToLowerInvariant());
            return null;
        }

        if (response!.Id != id || response.Question != question)
        {
            metrics.Ignored("mismatch");
            return null;
        }

        return response;
    }

    private ushort NewId()
    {
        Span<byte> bytes = stackalloc byte[2];
        random.GetBytes(bytes);
        return BinaryPrimitives.ReadUInt16BigEndian(bytes);
    }
}
