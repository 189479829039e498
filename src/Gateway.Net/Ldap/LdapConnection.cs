using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Net.Ldap;

/// <summary>Where the directory is and how it is spoken to.</summary>
/// <param name="IsSecure">TLS from the first byte (ldaps).</param>
/// <param name="StartsTls">TLS from the first request on (RFC 4511 §4.14).</param>
/// <param name="Authorities">Whom its certificate may come from; empty: the system's.</param>
internal sealed record LdapWay(string Host, int Port, bool IsSecure, bool StartsTls, X509Certificate2Collection Authorities);

/// <summary>Why a directory could not be asked, in words.</summary>
internal sealed class LdapException : Exception
{
    public LdapException(string message) : base(message)
    {
    }

    public LdapException(string message, Exception inner) : base(message, inner)
    {
    }

    public LdapException()
    {
    }
}

/// <summary>One connection to a directory, with one question at a time on it. Everything ends when the caller's time is over.</summary>
internal sealed class LdapConnection : IDisposable
{
    private readonly Socket _socket;
    private readonly LdapWay _way;
    private Stream _stream;
    private byte[] _buffer = new byte[4096];
    private int _filled;
    private int _id;

    private LdapConnection(Socket socket, LdapWay way)
    {
        _socket = socket;
        _way = way;
        _stream = new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>When it was last of use.</summary>
    public long LastUsed { get; set; }

    public static async Task<LdapConnection> OpenAsync(LdapWay way, string user, ReadOnlyMemory<byte> password, CancellationToken cancel)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        LdapConnection? connection = null;
        try
        {
            await socket.ConnectAsync(way.Host, way.Port, cancel).ConfigureAwait(false);
            connection = new LdapConnection(socket, way);
            await connection.BeginAsync(user, password, cancel).ConfigureAwait(false);
            return connection;
        }
        catch (Exception e)
        {
            connection?.Dispose();
            socket.Dispose();
            throw e switch
            {
                SocketException socketError => new LdapException($"{way.Host}:{way.Port} cannot be reached ({socketError.SocketErrorCode})", e),
                System.Security.Authentication.AuthenticationException => new LdapException($"the certificate of {way.Host} is not accepted: {e.Message}", e),
                _ => e,
            };
        }
    }

    /// <summary>All entries that the filter finds, within limits.</summary>
    public async Task<IReadOnlyList<LdapAnswer>> SearchAsync(Func<int, byte[]> request, CancellationToken cancel)
    {
        var id = ++_id;
        await _stream.WriteAsync(request(id), cancel).ConfigureAwait(false);
        List<LdapAnswer> entries = [];
        for (var i = 0; i < LdapLimits.Messages; i++)
        {
            var answer = await ReceiveAsync(id, cancel).ConfigureAwait(false);
            switch (answer.Kind)
            {
                case LdapAnswerKind.Entry:
                    entries.Add(answer);
                    break;
                // sizeLimitExceeded (4) comes with the entries; noSuchObject (32) is a wrong base.
                case LdapAnswerKind.Done:
                    return answer.Code is 0 or 4 ? entries : throw new LdapException(Words("the search", answer));
            }
        }

        throw new LdapException("the directory answers with too much");
    }

    public void Dispose()
    {
        _stream.Dispose();
        _socket.Dispose();
    }

    private async Task BeginAsync(string user, ReadOnlyMemory<byte> password, CancellationToken cancel)
    {
        if (_way.IsSecure)
        {
            await SecureAsync(cancel).ConfigureAwait(false);
        }
        else if (_way.StartsTls)
        {
            await _stream.WriteAsync(LdapMessages.StartTls(++_id), cancel).ConfigureAwait(false);
            var answer = await ReceiveAsync(_id, cancel).ConfigureAwait(false);
            if (answer is not { Kind: LdapAnswerKind.Extended, Code: 0 } || _filled > 0)
            {
                throw new LdapException(Words("StartTLS", answer));
            }

            await SecureAsync(cancel).ConfigureAwait(false);
        }

        await _stream.WriteAsync(LdapMessages.Bind(++_id, user, password.Span), cancel).ConfigureAwait(false);
        var bound = await ReceiveAsync(_id, cancel).ConfigureAwait(false);
        if (bound is not { Kind: LdapAnswerKind.Bound, Code: 0 })
        {
            throw new LdapException(bound.Code == 49 ? "the directory does not accept the user or password" : Words("signing in", bound));
        }
    }

    private async Task SecureAsync(CancellationToken cancel)
    {
        var secure = new SslStream(_stream);
        var options = new SslClientAuthenticationOptions { TargetHost = _way.Host };
        if (_way.Authorities.Count > 0)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.AddRange(_way.Authorities);
            options.CertificateChainPolicy = policy;
        }

        _stream = secure;
        await secure.AuthenticateAsClientAsync(options, cancel).ConfigureAwait(false);
    }

    private async Task<LdapAnswer> ReceiveAsync(int id, CancellationToken cancel)
    {
        while (true)
        {
            if (!LdapMessages.TryLength(_buffer.AsSpan(0, _filled), out var length))
            {
                throw new LdapException("what answers there is no directory, or says too much at once");
            }

            if (length > 0 && _filled >= length)
            {
                var answer = LdapMessages.Read(_buffer.AsMemory(0, length)) ?? throw new LdapException("what answers there is no directory");
                _buffer.AsSpan(length, _filled - length).CopyTo(_buffer);
                _filled -= length;
                if (answer.Id == id)
                {
                    return answer;
                }

                // RFC 4511 §4.4.1: a message of number 0 says that the server ends the connection.
                if (answer.Id == 0)
                {
                    throw new IOException("the directory ended the connection");
                }

                continue;
            }

            if (_buffer.Length < Math.Max(length, _filled + 1))
            {
                Array.Resize(ref _buffer, Math.Max(length, _buffer.Length * 2));
            }

            var read = await _stream.ReadAsync(_buffer.AsMemory(_filled), cancel).ConfigureAwait(false);
            if (read == 0)
            {
                throw new IOException("the directory ended the connection");
            }

            _filled += read;
        }
    }

    private static string Words(string what, LdapAnswer answer) => $"the directory refused {what} (code {answer.Code}{(answer.Said.Length is > 0 and < 200 ? $": {answer.Said}" : "")})";
}
