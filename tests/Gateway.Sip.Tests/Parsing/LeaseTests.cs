using System.Collections.Concurrent;
using Gateway.Testing;

namespace Gateway.Sip.Tests.Parsing;

public sealed class LeaseTests
{
    // An INVITE as a browser sends it, body and all; the size that the targets are named for.
    internal static readonly byte[] Invite800 = Sip.Wire("""
        INVITE sip:bob@biloxi.example.com;transport=tcp SIP/2.0
        Via: SIP/2.0/UDP pc33.atlanta.example.com:5060;branch=z9hG4bK74bf9a8c7d;rport
        Max-Forwards: 70
        From: "Alice Liddell" <sip:alice@atlanta.example.com>;tag=9fxced76sl
        To: Bob <sip:bob@biloxi.example.com>
        Call-ID: 3848276298220188511@atlanta.example.com
        CSeq: 1 INVITE
        Contact: <sip:alice@192.0.2.101:5060;transport=udp>
        Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, UPDATE, PRACK
        Supported: replaces, timer, 100rel
        Session-Expires: 1800;refresher=uac
        User-Agent: Example Phone 1.0
        Content-Type: application/sdp
        Content-Length: 148

        v=0
        o=alice 2890844526 2890844526 IN IP4 192.0.2.101
        s=-
        c=IN IP4 192.0.2.101
        t=0 0
        m=audio 49172 RTP/AVP 0
        a=rtpmap:0 PCMU/8000
        a=sendrecv

        """);

    [Fact]
    public void Parsing_in_steady_state_allocates_next_to_nothing()
    {
        Assert.InRange(Invite800.Length, 750, 850);
        var parser = new SipParser();
        for (var i = 0; i < 1000; i++)
        {
            Parse(parser);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            Parse(parser);
        }

        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 1000.0, 0, 200);
    }

    [Fact]
    public void A_retained_message_outlives_its_lease_and_is_of_exact_size()
    {
        var parser = new SipParser();
        Assert.True(parser.TryParse(Invite800, stream: false, out var lease, out _));
        var copy = Assert.IsType<SipRequest>(lease!.Retain());
        lease.Return();
        Assert.True(parser.TryParse(Sip.Wire(Sip.InviteWith("")), stream: false, out var other, out _));

        Assert.Equal(Invite800, copy.Bytes.ToArray());
        Assert.Equal(Invite800.Length, copy.Buffer.Length);
        Assert.Equal(copy.HeaderCount, copy.Entries.Length);
        Assert.Equal("9fxced76sl", Sip.Text(copy.FromTag));
        copy.Return();
        Assert.Equal("9fxced76sl", Sip.Text(copy.FromTag));
        other!.Return();
    }

    [Fact]
    public void A_lease_is_reused_and_returning_it_twice_is_harmless()
    {
        var parser = new SipParser();
        Assert.True(parser.TryParse(Invite800, stream: false, out var first, out _));
        first!.Return();
        first.Return();
        Assert.True(parser.TryParse(Invite800, stream: false, out var second, out _));
        Assert.True(parser.TryParse(Invite800, stream: false, out var third, out _));

        Assert.Same(first, second);
        Assert.NotSame(second, third);
    }

    [Fact]
    public void The_pool_is_bounded()
    {
        var parser = new SipParser(pooled: 4);
        var leases = new HashSet<SipMessage>();
        for (var i = 0; i < 10; i++)
        {
            Assert.True(parser.TryParse(Invite800, stream: false, out var lease, out _));
            leases.Add(lease!);
        }
        foreach (var lease in leases)
        {
            lease.Return();
        }
        var reused = 0;
        for (var i = 0; i < 10; i++)
        {
            Assert.True(parser.TryParse(Invite800, stream: false, out var lease, out _));
            reused += leases.Contains(lease!) ? 1 : 0;
        }

        Assert.Equal(10, leases.Count);
        Assert.Equal(4, reused);
    }

    [Fact]
    public void Large_buffers_are_not_kept()
    {
        var parser = new SipParser();
        Assert.True(parser.TryParse(Sip.Wire(Sip.InviteWith("", new string('x', 20000))), stream: false, out var large, out _));
        large!.Return();
        Assert.True(parser.TryParse(Invite800, stream: false, out var next, out _));

        Assert.NotSame(large, next);
    }

#if DEBUG
    [Fact]
    public void A_returned_buffer_is_poisoned()
    {
        Assert.True(new SipParser().TryParse(Invite800, stream: false, out var lease, out _));
        var callId = lease!.CallId;
        lease.Return();

        Assert.Equal(Enumerable.Repeat((byte)0xDD, callId.Length), callId.ToArray());
    }
#endif

    [Fact]
    public async Task Leases_taken_on_some_threads_and_returned_on_others_never_mix()
    {
        var parser = new SipParser(pooled: 8);
        using var queue = new BlockingCollection<(SipMessage Lease, string CallId)>(64);
        var wrong = 0;
        var loops = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            foreach (var (lease, callId) in queue.GetConsumingEnumerable())
            {
                if (Sip.Text(lease.CallId) != callId || lease.CSeq != 1)
                {
                    Interlocked.Increment(ref wrong);
                }
                lease.Return();
            }
        })).ToArray();
        var receivers = Enumerable.Range(0, 3).Select(receiver => Task.Run(() =>
        {
            for (var i = 0; i < 5000; i++)
            {
                var id = $"{receiver}-{i}";
                var bytes = Sip.Wire(Sip.InviteWith("").Replace("3848276298220188511@atlanta.example.com", id, StringComparison.Ordinal));
                Assert.True(parser.TryParse(bytes, stream: false, out var lease, out _));
                queue.Add((lease!, id));
            }
        })).ToArray();
        await Task.WhenAll(receivers);
        queue.CompleteAdding();
        await Task.WhenAll(loops);

        Assert.Equal(0, wrong);
    }

    [Fact]
    [Rfc(3261, "7.3.1")]
    public void Folded_values_are_joined_behind_the_bytes_that_stay_as_they_came()
    {
        var text = Sip.InviteWith("X-Folded: one\n  two \n\tthree\nSubject:\n \n end\nX-Last: z");
        var request = Sip.Request(text);

        Assert.Equal(Sip.Text(Sip.Wire(text)), Sip.Text(request.Bytes));
        Assert.True(request.TryGet("X-Folded"u8, out var folded));
        Assert.Equal("one two three", Sip.Text(folded));
        Assert.True(request.TryGet(HeaderId.Subject, out var subject));
        Assert.Equal("end", Sip.Text(subject));
        Assert.True(request.TryGet("X-Last"u8, out var last));
        Assert.Equal("z", Sip.Text(last));
    }

    private static void Parse(SipParser parser)
    {
        Assert.True(parser.TryParse(Invite800, stream: false, out var message, out _));
        message!.Return();
    }
}
