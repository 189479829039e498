using System.Globalization;
using System.Text;
using Gateway.Server.Trunks;
using Gateway.Sip;
using Gateway.Testing.Server;

namespace Gateway.Server.Tests.Trunks;

/// <summary>A core with trunks, and the far end of them: takes what the core sends and answers as a registrar or PBX would.</summary>
internal sealed class TrunkRig
{
    public const string Realm = "pbx.example";

    private readonly HashSet<string> _seen = [];
    private readonly Queue<SentMessage> _new = new();
    private readonly HashSet<string> _answered = [];
    private readonly Dictionary<string, uint> _newest = [];
    private readonly Dictionary<string, TimeSpan> _sentAt = [];

    public TrunkRig(ServerOptions? options = null) => Core = new CoreHarness(options, nextHops: Names, connector: Connector);

    public CoreHarness Core { get; }

    public FakeNextHops Names { get; } = new();

    public FakeConnector Connector { get; } = new();

    public TrunkBoard Board => Core.Services.Trunks;

    public TrunkManager Manager => Core.Core.Trunks;

    /// <summary>A registering trunk at 192.0.2.5 that is not asked by OPTIONS.</summary>
    public static Trunk Registering { get; } = new()
    {
        Id = Guid.Parse("0190a000-0000-7000-8000-000000000001"),
        DomainId = Guid.AllBitsSet,
        Name = "carrier",
        Type = TrunkKind.Registering,
        Host = "192.0.2.5",
        User = "gw1",
        Password = new("secret"),
        QualifySeconds = 0,
    };

    public static Trunk Peer { get; } = Registering with { Id = Guid.Parse("0190a000-0000-7000-8000-000000000002"), Name = "pbx", Type = TrunkKind.Peer, User = "" };

    public void Configure(params Trunk[] trunks)
    {
        Core.Services.Configuration.Update(snapshot => snapshot with { Trunks = [.. trunks] });
        Core.Core.Configure(Core.Now);
        Core.RunPosted();
    }

    public TrunkStatus Status(Trunk trunk) => Board.Get(trunk.Id);

    /// <summary>The next request that was sent, repeats of earlier ones left aside; it must be of this method.</summary>
    public SentMessage Take(SipMethod method = SipMethod.Register)
    {
        Collect();
        Assert.NotEmpty(_new);
        var message = _new.Dequeue();
        Assert.Equal(method, message.Request.Method);
        return message;
    }

    public SentMessage TakeOnly(SipMethod method = SipMethod.Register)
    {
        var message = Take(method);
        AssertQuiet();
        return message;
    }

    /// <summary>Lets time pass and notes when each request leaves, to 100 ms.</summary>
    public void Advance(double seconds)
    {
        for (var left = TimeSpan.FromSeconds(seconds); left > TimeSpan.Zero; left -= TimeSpan.FromMilliseconds(100))
        {
            Core.Advance(TimeSpan.FromMilliseconds(100));
            Collect();
        }
    }

    /// <summary>The next new request, or null.</summary>
    public SentMessage? TryTake()
    {
        Collect();
        return _new.TryDequeue(out var message) ? message : null;
    }

    /// <summary>The request still waits for its answer: it is repeated, or would be.</summary>
    /// <remarks>Requests that left in the same step as the end of another's time are given that step.</remarks>
    public bool IsAlive(SentMessage request, SentMessage than, TimeSpan patience) => !_answered.Contains(request.Header(HeaderId.Via)!)
        && !Core.DeadConnections.Contains(request.Flow.Connection)
        && _sentAt[than.Header(HeaderId.Via)!] - _sentAt[request.Header(HeaderId.Via)!] < patience - TimeSpan.FromMilliseconds(200);

    /// <summary>Lets time pass until a new request leaves, in steps of 100 ms; how long that took.</summary>
    public (SentMessage Request, TimeSpan After) Await(TimeSpan limit)
    {
        var start = Core.Now;
        while (true)
        {
            Collect();
            if (_new.TryDequeue(out var message))
            {
                return (message, Core.Now - start);
            }

            Assert.True(Core.Now - start < limit, $"nothing was sent within {limit}");
            Core.Advance(TimeSpan.FromMilliseconds(100));
        }
    }

    /// <summary>No new request has left; repeats of earlier ones may have.</summary>
    public void AssertQuiet()
    {
        Collect();
        Assert.Empty(_new);
    }

    private void Collect()
    {
        foreach (var message in Core.TakeAll())
        {
            if (message.Message is SipRequest { Method: SipMethod.Register } register)
            {
                // RFC 3261 §10.2: no repeat of an older request behind a newer one.
                var callId = message.Header(HeaderId.CallId)!;
                Assert.True(register.CSeq >= _newest.GetValueOrDefault(callId), message.Text);
                _newest[callId] = register.CSeq;
            }

            if (message.Message is SipRequest && _seen.Add(message.Header(HeaderId.Via)!))
            {
                _sentAt[message.Header(HeaderId.Via)!] = Core.Now;
                _new.Enqueue(message);
            }
        }
    }

    public void Answer(SentMessage request, int status, params string[] headers)
    {
        _answered.Add(request.Header(HeaderId.Via)!);
        Core.Receive(Response(request, status, headers), request.Flow);
    }

    /// <summary>401 with a challenge of the trunk's realm.</summary>
    public void Challenge(SentMessage request, string nonce = "n1", string more = "", int status = 401, string realm = Realm) =>
        Answer(request, status, $"{(status == 401 ? "WWW-Authenticate" : "Proxy-Authenticate")}: Digest realm=\"{realm}\", nonce=\"{nonce}\", algorithm=MD5, qop=\"auth\"{more}");

    /// <summary>200 that grants the Contact of the request for so many seconds.</summary>
    public void Grant(SentMessage request, int seconds = 600, params string[] headers)
    {
        var contact = request.Header(HeaderId.Contact)!;
        Answer(request, 200, [$"Contact: {contact[..(contact.IndexOf('>', StringComparison.Ordinal) + 1)]};expires={seconds}", .. headers]);
    }

    /// <summary>Challenge and grant: the usual way.</summary>
    public SentMessage Register(int seconds = 600)
    {
        Challenge(Take());
        var request = TakeOnly();
        Grant(request, seconds);
        return request;
    }

    /// <summary>Whether the request answers a challenge of this nonce with this password, and how often the nonce was used.</summary>
    public static uint Proves(SentMessage request, string password = "secret", string user = "gw1", string realm = Realm, HeaderId header = HeaderId.Authorization)
    {
        var value = request.Header(header);
        Assert.NotNull(value);
        Assert.True(DigestCredentials.TryParse(Encoding.UTF8.GetBytes(value), out var credentials));
        Assert.Equal(user, Encoding.UTF8.GetString(credentials.Username));
        Assert.True(credentials.Verify(Digest.Ha1(credentials.Algorithm, user, realm, password), request.Request.MethodToken));
        Assert.Equal(Encoding.UTF8.GetString(request.Request.UriBytes), Encoding.UTF8.GetString(credentials.Uri));
        return credentials.NonceCount;
    }

    public static int Expires(SentMessage request) =>
        request.Message.TryGetNumber(HeaderId.Expires, out var seconds) ? (int)seconds : -1;

    private static string Response(SentMessage request, int status, string[] headers)
    {
        var text = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"SIP/2.0 {status} {SipStatus.ReasonOf(status)}\n"));
        text.Append(CultureInfo.InvariantCulture, $"Via: {request.Header(HeaderId.Via)}\nFrom: {request.Header(HeaderId.From)}\n");
        text.Append(CultureInfo.InvariantCulture, $"To: {request.Header(HeaderId.To)};tag=far\nCall-ID: {request.Header(HeaderId.CallId)}\nCSeq: {request.Header(HeaderId.CSeq)}\n");
        foreach (var header in headers)
        {
            text.Append(header).Append('\n');
        }

        return text.Append("Content-Length: 0\n\n").ToString();
    }
}
