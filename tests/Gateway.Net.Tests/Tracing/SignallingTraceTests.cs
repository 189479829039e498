using System.Diagnostics;
using System.Net;
using System.Text;
using Gateway.Net.Tracing;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Net.Tests.Tracing;

/// <summary>The trace keeps what it should, no more than it may, and tells it as people and Wireshark read it.</summary>
public class SignallingTraceTests
{
    private static readonly IPEndPoint Local = IPEndPoint.Parse("203.0.113.1:5060");
    private static readonly Flow Phone = new(SipTransport.Udp, IPEndPoint.Parse("192.0.2.7:5062"), 0, 0);
    private static readonly Flow Browser = new(SipTransport.Wss, IPEndPoint.Parse("[2001:db8::7]:4000"), -1, 9);

    [Fact]
    public void The_ladder_of_a_call_has_both_its_legs_in_order()
    {
        var trace = Call();
        var ladder = trace.LadderOf(["a", "b"]);
        Assert.Equal(["INVITE", "INVITE", "SIP/2.0", "SIP/2.0"], ladder.Select(message => message.FirstLine.Split(' ')[0]));
        Assert.Equal([false, true, false, true], ladder.Select(message => message.IsSent));
        Assert.Equal((Local, Phone.Remote, SipTransport.Udp), (ladder[0].Local, ladder[0].Remote, ladder[0].Transport));
        Assert.Equal((new IPEndPoint(IPAddress.IPv6Any, 0), Browser.Remote), (ladder[1].Local, ladder[1].Remote));
        Assert.Equal(2, trace.LadderOf(["a"]).Count);
        Assert.Equal(2, trace.LadderOf(["a", "a", ""]).Count);
        Assert.Empty(trace.LadderOf(["nobody"]));
    }

    [Fact]
    public void The_text_draws_the_sides_around_the_gateway()
    {
        var text = LadderText.Write(Call().LadderOf(["a", "b"]));
        var rungs = text.Split('\n').SkipWhile(line => !line.Contains("gateway", StringComparison.Ordinal)).Take(5).Select(line => line.Length > 16 ? line[16..] : "").ToArray();
        Assert.Equal("A                             gateway                       B", rungs[0]);
        Assert.Equal("|------- INVITE (sdp) ------->|                             |", rungs[1]);
        Assert.Equal("|                             |---------- INVITE ---------->|", rungs[2]);
        Assert.Equal("|                             |<--- 180 Ringing INVITE -----|", rungs[3]);
        Assert.Equal("|<--- 180 Ringing INVITE -----|                             |", rungs[4]);
        Assert.Contains("gateway -> B  wss ? -> [2001:db8::7]:4000", text, StringComparison.Ordinal);
    }

    [Fact]
    public void One_call_keeps_its_beginning_and_its_end()
    {
        var trace = new SignallingTrace(8, TimeProvider.System);
        for (var i = 0; i < 200; i++) trace.Sent(Phone, Local, Message($"OPTIONS sip:{i}@h SIP/2.0", "long", new string('x', 900)));
        var ladder = trace.LadderOf(["long"]);
        Assert.InRange(ladder.Sum(message => message.Bytes.Length), SignallingTrace.CallLimit * 3 / 4, SignallingTrace.CallLimit);
        Assert.StartsWith("OPTIONS sip:0@h", ladder[0].FirstLine, StringComparison.Ordinal);
        Assert.StartsWith("OPTIONS sip:199@h", ladder[^1].FirstLine, StringComparison.Ordinal);
    }

    [Fact]
    public void The_oldest_calls_make_room_and_nothing_is_mixed_up()
    {
        var trace = new SignallingTrace(1, TimeProvider.System);
        for (var i = 0; i < 5000; i++)
        {
            trace.Sent(Phone, Local, Message($"INVITE sip:{i}@h SIP/2.0", "call" + i, new string('x', i % 700)));
            trace.Received(Phone, Local, Encoding.UTF8.GetBytes("call" + (i / 2)), Message("BYE sip:x SIP/2.0", "call" + (i / 2), ""));
        }

        var kept = Enumerable.Range(0, 5000).Where(i => trace.LadderOf(["call" + i]).Count > 0).ToList();
        Assert.InRange(kept.Count, 500, 4999);
        Assert.Contains(4999, kept);
        Assert.DoesNotContain(0, kept);
        Assert.All(kept, i => Assert.All(trace.LadderOf(["call" + i]), message => Assert.Contains($"Call-ID: call{i}\r\n", Encoding.UTF8.GetString(message.Bytes.Span), StringComparison.Ordinal)));
    }

    [Fact]
    public void A_message_too_long_to_keep_says_so()
    {
        var trace = new SignallingTrace(1, TimeProvider.System);
        trace.Sent(Phone, Local, Message("MESSAGE sip:x SIP/2.0", "c", new string('x', 40_000)));
        var message = Assert.Single(trace.LadderOf(["c"]));
        Assert.Equal(SignallingTrace.MessageLimit, message.Bytes.Length);
        Assert.True(message.Length > 40_000);
        Assert.Contains("the rest was not kept", LadderText.Write([message]), StringComparison.Ordinal);
    }

    [Fact]
    public void Off_is_off()
    {
        var trace = new SignallingTrace(0, TimeProvider.System);
        trace.Sent(Phone, Local, Message("BYE sip:x SIP/2.0", "c", ""));
        Assert.False(trace.IsOn);
        Assert.Empty(trace.LadderOf(["c"]));
        Assert.Contains("No message", LadderText.Write([]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_of_a_known_call_costs_no_garbage_and_a_new_call_little()
    {
        var trace = new SignallingTrace(1, TimeProvider.System);
        var message = Message("OPTIONS sip:x SIP/2.0", "known", new string('x', 700));
        var ids = Enumerable.Range(0, 6000).Select(i => Encoding.UTF8.GetBytes($"call-{i:D8}")).ToArray();
        for (var i = 0; i < 3000; i++)
        {
            trace.Sent(Phone, Local, message);
            trace.Received(Phone, Local, ids[i], message);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++) trace.Sent(Phone, Local, message);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        // Its name, and nothing else once old calls give back what they had.
        before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 3000; i < 6000; i++) trace.Received(Phone, Local, ids[i], message);
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 3000, 0, 100);
    }

    [Fact]
    public void Wireshark_reads_the_capture()
    {
        var path = Path.Combine(Path.GetTempPath(), $"gateway-{Guid.NewGuid():N}.pcap");
        try
        {
            File.WriteAllBytes(path, PcapFile.Write(Call().LadderOf(["a", "b"])));
            var lines = Tshark("-r", path, "-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-T", "fields", "-E", "separator=|",
                "-e", "ip.src", "-e", "ipv6.dst", "-e", "udp.srcport", "-e", "udp.dstport", "-e", "sip.Method", "-e", "sip.Status-Code", "-e", "ip.checksum.status", "-e", "udp.checksum.status", "-e", "sdp.version");
            Assert.Equal(["192.0.2.7||5062|5060|INVITE||1|1|0", "|2001:db8::7|5060|4000|INVITE|||1|", "|::|4000|5060||180||1|", "203.0.113.1||5060|5062||180|1|1|"], lines);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static SignallingTrace Call()
    {
        var trace = new SignallingTrace(1, TimeProvider.System);
        trace.Received(Phone, Local, "a"u8, Message("INVITE sip:bob@h SIP/2.0", "a", "v=0\r\n", "application/sdp"));
        trace.Sent(Browser, null, Message("INVITE sip:b@h SIP/2.0", "b", ""));
        trace.Received(Browser, null, "b"u8, Message("SIP/2.0 180 Ringing", "b", ""));
        trace.Sent(Phone, Local, Message("SIP/2.0 180 Ringing", "a", ""));
        return trace;
    }

    private static byte[] Message(string line, string callId, string body, string type = "text/plain") => Encoding.UTF8.GetBytes(
        $"{line}\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\nCall-ID: {callId}\r\nCSeq: 1 INVITE\r\n"
        + (body.Length > 0 ? $"Content-Type: {type}\r\n" : "") + $"Content-Length: {body.Length}\r\n\r\n{body}");

    private static string[] Tshark(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("tshark", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
