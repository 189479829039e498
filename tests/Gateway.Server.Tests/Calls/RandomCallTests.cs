using System.Collections.Immutable;
using System.Text;
using Gateway.Server.Calls;
using Gateway.Server.Configuration;
using Gateway.Server.Ports;
using Gateway.Server.Routing;
using Gateway.Server.Trunks;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>
/// Everything that peers, sockets, media, store and clock can do, in random order and often out of place. Whatever comes,
/// every transaction ends, every media leg is closed, every call has one record, and nothing throws (THREATS 36, 37).
/// </summary>
public class RandomCallTests
{
    [Theory]
    [InlineData(1, 150)]
    [InlineData(10000, 150)]
    [InlineData(20000, 150)]
    [Threat(36)]
    [Threat(37)]
    [Row(35)]
    public void Whatever_happens_everything_ends(int firstSeed, int runs)
    {
        var (answered, byTrunk, reliable, transferred, joined) = (0, 0, 0, 0, 0);
        for (var seed = firstSeed; seed < firstSeed + runs; seed++)
        {
            var world = new World(seed);
            try
            {
                world.Play(steps: 60);
                answered += world.Answered;
                byTrunk += world.AnsweredByTrunk;
                reliable += world.Acknowledged;
                transferred += world.Transferred;
                joined += world.Joined;
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"seed {seed}: {string.Join(" | ", world.Story)}", error);
            }
        }
        // Chance must reach the depths as well.
        Assert.True(answered > runs, $"only {answered} calls were answered");
        Assert.True(byTrunk > runs / 20, $"only {byTrunk} calls were answered by a trunk");
        Assert.True(reliable > runs / 10, $"only {reliable} reliable responses were acknowledged");
        Assert.True(transferred > runs / 20, $"only {transferred} calls were handed on");
        Assert.True(joined > 0, "no two calls were joined");
    }

    private sealed class World
    {
        private static readonly string[] Methods = ["INVITE", "BYE", "INFO", "UPDATE", "OPTIONS", "MESSAGE", "REFER", "PRACK", "NOTIFY", "ACK"];
        private static readonly int[] Statuses = [100, 180, 180, 183, 200, 200, 200, 302, 401, 404, 408, 480, 481, 486, 487, 488, 491, 500, 503, 603];
        private static readonly string[] Directions = ["sendrecv", "sendonly", "recvonly", "inactive"];
        private static readonly string[] CodecLists = ["PCMU", "PCMU PCMA", "opus PCMU telephone-event", "PCMA telephone-event", "GSM", "G722 opus"];

        private readonly Random _random;
        private readonly CallRig _rig;
        private readonly List<TestPeer> _peers = [];
        private readonly List<TestDialog> _dialogs = [];
        private readonly List<(Flow Flow, byte[] Bytes)> _sent = [];
        private readonly List<Trunk> _trunks = [];
        private readonly Dictionary<TestDialog, string> _reliable = [];
        private long _connection = 100;
        private int _placed;

        public World(int seed)
        {
            _random = new Random(seed);
            _rig = new CallRig(seed: seed) { CommitsAtOnce = _random.Next(3) > 0 };
            _rig.Media.Reports = _random.Next(5) > 0;
            _rig.Received += (flow, bytes) => _sent.Add((flow, bytes));
            for (var index = 0; index < 5; index++)
            {
                var user = "user" + (index % 3);
                _peers.Add(_rig.Register(_random.Next(2) == 0 ? _rig.Phone(user, 10 + index) : _rig.Browser(user, ++_connection)));
            }
            for (var index = 0; index < 2; index++) AddTrunk(index);
            _rig.Services.Configuration.Set(NumberPlan.Default with { CountryCode = "49" });
            _rig.Services.Configuration.Set(new DialRule
            {
                Id = Guid.CreateVersion7(), DomainId = Guid.Empty, Name = "all", Pattern = "+", To = new Destination.ToTrunkGroup("out"),
            });
            _rig.Plan = dialled => dialled == "number" ? new RoutePlan.ToTrunks("+4930123", [.. _trunks]) : null!;
        }

        private void AddTrunk(int index)
        {
            _trunks.Add(new Trunk
            {
                Id = Guid.CreateVersion7(), DomainId = Guid.Empty, Name = "t" + index, Group = "out", Host = $"192.0.2.{60 + index}", User = "gw", Password = new SecretText("secret"),
                Reliable = Pick([ReliableProvisional.Off, ReliableProvisional.Supported, ReliableProvisional.Required]), MaxCalls = _random.Next(4),
                Dtmf = Pick([DtmfForm.Auto, DtmfForm.Info, DtmfForm.Rfc4733]), Codecs = Pick<string[]>([[], ["PCMA", "PCMU"]]).ToImmutableArray(),
            });
            _rig.Services.Configuration.Set(_trunks[^1]);
            _peers.Add(_rig.Phone("trunk" + index, 60 + index));
        }

        public int Answered => _rig.Started.Count;

        /// <summary>Calls that someone was handed on in, to a target that answered.</summary>
        public int Transferred => _rig.Ended.Count(record => record.Legs.Any(leg => leg is { Role: "transfer", AnsweredAt: not null }));

        /// <summary>Calls that were joined with another one.</summary>
        public int Joined => _rig.Ended.Count(record => record.EndReason == "transfer");

        public int AnsweredByTrunk => _rig.Started.Count(record => record.Trunk is not null);

        /// <summary>PRACKs of both sides.</summary>
        public int Acknowledged { get; private set; }

        public List<string> Story { get; } = [];

        public void Play(int steps)
        {
            for (var step = 0; step < steps; step++)
            {
                Take();
                Step();
            }
            _rig.CommitStarts();
            _rig.Calls.HangUpAll("end", _rig.Now);
            _rig.Pump();
            _rig.CommitStarts();
            _rig.AssertNothingIsLeft();
            Assert.Equal(_placed, _rig.Ended.Count);
            Assert.All(_trunks, trunk => Assert.Equal(0, _rig.Services.Caps.Calls(trunk.Id)));
        }

        private void Step()
        {
            var action = _random.Next(100);
            if (action < 12) Place();
            else if (action < 45) AnswerSomething();
            else if (action < 62) SpeakInDialog();
            else if (action < 66) AcknowledgeSomething();
            else if (action < 71) CancelSomething();
            else if (action < 76) Replay();
            else if (action < 80) CloseOrMove();
            else if (action < 88) MediaHappens();
            else if (action < 91) _rig.CommitStarts(_random.Next(3) > 0);
            else if (action < 93) Control();
            else if (action < 97) HandOn();
            else if (action < 98) TakeOver();
            else Wait();
        }

        private void Place(TestPeer? by = null)
        {
            var peer = by ?? Pick(_peers);
            var to = _random.Next(10) switch { 0 => "echo", 1 => "tone", 2 => "missing", < 6 => "number", _ => "user" + _random.Next(3) };
            Story.Add($"{peer.User} calls {to}");
            _placed++;
            _dialogs.Add(peer.Call(to, _random.Next(6) == 0 ? null : Offer(peer), 
                Pick(["", "Supported: 100rel\r\n", "Require: 100rel\r\n", "Supported: timer\r\nSession-Expires: 90\r\n", "Supported: timer\r\nAllow: UPDATE\r\nSession-Expires: 90;refresher=uas\r\n"])));
        }

        /// <summary>What the console and the API can do.</summary>
        private void Control()
        {
            var user = "user" + _random.Next(3);
            if (_random.Next(3) == 0)
            {
                Story.Add($"{user} clicks to dial");
                if (_rig.Services.Accounts.TryGet(user, out var account) && _rig.Calls.Originate(account, Target(), _rig.Now).Status == ControlStatus.Done) _placed++;
                _rig.Pump();
                return;
            }
            var calls = _rig.Calls.Snapshot();
            if (calls.Count == 0) return;
            var id = Pick(calls).Id;
            var side = Pick([CallSide.Caller, CallSide.Callee]);
            Story.Add($"control of {side}");
            _ = _random.Next(4) switch
            {
                0 => _rig.Calls.Hold(id, side, _random.Next(2) == 0, _rig.Now),
                1 => _rig.Calls.HangUp(id, "enough", _rig.Now),
                _ => _rig.Calls.Transfer(id, side, Target(), null, _rig.Now),
            };
            if (_random.Next(3) == 0) _rig.Calls.Describe(id, static _ => { }, _rig.Now);
            _rig.Pump();
        }

        /// <summary>Someone who talks hands the other one on, blind or to another of its own calls; mostly the target takes it.</summary>
        private void HandOn()
        {
            var dialogs = Talking();
            for (var attempt = 0; dialogs.Count == 0; dialogs = Talking())
            {
                if (++attempt > 2) return;
                Place();
                AnswerAll();
            }
            var by = Pick(dialogs);
            if (_random.Next(2) == 0)
            {
                Place(by.Peer);
                AnswerAll();
            }
            var other = Talking().FindLast(dialog => dialog != by && dialog.Peer.User == by.Peer.User) ?? by;
            Story.Add($"{by.Peer.User} hands on{(other == by ? "" : " to its other call")}");
            by.Send("REFER", headers: other == by
                ? $"Refer-To: <sip:{Target()}@{CallRig.Realm}>\r\n"
                : $"Refer-To: <sip:x@{CallRig.Realm}?Replaces={other.CallId}%3Bto-tag%3D{other.RemoteTag}%3Bfrom-tag%3D{other.LocalTag}>\r\n");
            if (_random.Next(4) > 0) AnswerAll();
        }

        private List<TestDialog> Talking()
        {
            var ids = _rig.Calls.Snapshot().Where(call => call is { State: "connected", Legs.Length: 2 }).SelectMany(call => call.Legs).Select(leg => leg.CallId).ToHashSet();
            return [.. _dialogs.Where(dialog => ids.Contains(dialog.CallId) && dialog.RemoteTag.Length > 0)];
        }

        /// <summary>Everyone who rings answers, and the answers arrive.</summary>
        private void AnswerAll()
        {
            Take();
            foreach (var dialog in _dialogs.Where(dialog => dialog.Invite is { } invite && dialog.Peer.Inbox.Remove(invite)).ToList())
            {
                dialog.Respond(200, Answer(dialog.Peer, dialog.Invite!));
            }
            _rig.CommitStarts();
            Take();
        }

        /// <summary>An INVITE for any dialog that there is, one's own or not; only one that is taken becomes a call.</summary>
        private void TakeOver()
        {
            if (_dialogs.Count == 0) return;
            var (peer, other) = (Pick(_peers), Pick(_dialogs));
            var mine = _peers.FindAll(one => one.User == other.Peer.User);
            if (_random.Next(4) > 0) peer = Pick(mine);
            Story.Add($"{peer.User} takes over a call of {other.Peer.User}");
            var before = _rig.Calls.Count + _rig.Ended.Count;
            _dialogs.Add(peer.Call("x", Offer(peer), $"Replaces: {other.CallId};to-tag={(other.RemoteTag.Length > 0 ? other.RemoteTag : "none")};from-tag={other.LocalTag}\r\n"));
            _placed += _rig.Calls.Count + _rig.Ended.Count - before;
        }

        private string Target() => _random.Next(7) switch { 0 => "echo", 1 => "nobody", 2 => "030123456", _ => "user" + _random.Next(3) };

        /// <summary>Blind to someone, or attended with any other dialog, one's own or not.</summary>
        private string ReferTo()
        {
            if (_random.Next(2) == 0) return $"Refer-To: <sip:{Target()}@{CallRig.Realm}>\r\n{(_random.Next(4) == 0 ? "Refer-Sub: false\r\n" : "")}";
            var other = Pick(_dialogs);
            var tags = _random.Next(2) == 0 ? (other.LocalTag, other.RemoteTag) : (other.RemoteTag, other.LocalTag);
            return $"Refer-To: <sip:{Target()}@{CallRig.Realm}?Replaces={other.CallId}%3Bto-tag%3D{tags.Item1}%3Bfrom-tag%3D{tags.Item2}>\r\n";
        }

        private void AnswerSomething()
        {
            var waiting = _peers.SelectMany(peer => peer.Inbox.OfType<SipRequest>().Select(request => (peer, request)))
                .Where(pair => pair.request.Method != SipMethod.Ack).ToList();
            if (waiting.Count == 0) return;
            var (peer, request) = Pick(waiting);
            var status = request.Method == SipMethod.Invite ? Pick(Statuses) : Pick([200, 200, 200, 481, 415, 500]);
            if (request.Method == SipMethod.Prack) Acknowledged++;
            Story.Add($"{peer.User} answers {request.Method} {status}");
            var withSdp = request.Method == SipMethod.Invite && status is > 100 and < 300 && _random.Next(5) > 0;
            var dialog = _dialogs.FirstOrDefault(known => known.Invite == request);
            var tag = _random.Next(12) == 0 ? "t" + _random.Next(3) : dialog?.LocalTag ?? "x";
            // A browser or phone does not keep a request that it has answered, save to answer it once more.
            if (status >= 200 && _random.Next(4) > 0) peer.Inbox.Remove(request);
            var headers = status is > 100 and < 200 && _random.Next(2) == 0 ? $"Require: 100rel\r\nRSeq: {1 + _random.Next(3)}\r\n"
                : status == 200 && _random.Next(3) == 0 ? $"Allow: INVITE, UPDATE\r\nSession-Expires: 90;refresher={Pick(["uac", "uas"])}\r\n"
                : status == 401 ? "WWW-Authenticate: Digest realm=\"pbx\", nonce=\"n\", qop=\"auth\"\r\n" : "";
            peer.Respond(request, status, withSdp ? Answer(peer, request) : null, status == 100 ? null : tag, headers);
        }

        private void SpeakInDialog()
        {
            if (_dialogs.Count == 0) return;
            var dialog = Pick(_dialogs);
            var method = Pick(Methods);
            if (_random.Next(3) == 0) method = Pick(["BYE", "INVITE", "REFER"]);
            Story.Add($"{dialog.Peer.User} sends {method}");
            if (method == "ACK")
            {
                dialog.Ack();
                return;
            }
            if (dialog.RemoteTag.Length == 0) dialog.RemoteTag = "guess";
            var (body, type) = method switch
            {
                "INVITE" or "UPDATE" when _random.Next(4) > 0 => (Offer(dialog.Peer), "application/sdp"),
                "PRACK" when _random.Next(6) == 0 => (Offer(dialog.Peer), "application/sdp"),
                "INFO" => ("Signal=5\r\nDuration=100\r\n", "application/dtmf-relay"),
                _ => ((string?)null, ""),
            };
            var headers = method == "REFER" ? ReferTo() : method == "PRACK" ? $"RAck: {_reliable.GetValueOrDefault(dialog, "1")} {dialog.InviteSequence} INVITE\r\n" : "";
            dialog.Send(method, body, headers, type, from: _random.Next(10) == 0 ? Pick(_peers) : null);
        }

        private void AcknowledgeSomething()
        {
            if (_dialogs.Count == 0) return;
            var dialog = Pick(_dialogs);
            if (_random.Next(2) == 0) dialog.Ack(_random.Next(4) == 0 ? Offer(dialog.Peer) : null);
            else dialog.AckRefusal();
        }

        private void CancelSomething()
        {
            var own = _dialogs.Where(dialog => dialog.Invite is null).ToList();
            if (own.Count == 0) return;
            var dialog = Pick(own);
            Story.Add($"{dialog.Peer.User} cancels");
            dialog.Cancel();
        }

        private void Replay()
        {
            if (_sent.Count == 0) return;
            var (flow, bytes) = Pick(_sent);
            // Within the life of its transaction a repeat is absorbed; later an INVITE is a new call, and that is right.
            if (bytes.AsSpan().StartsWith("INVITE"u8)) return;
            Story.Add("repeats " + Encoding.UTF8.GetString(bytes.AsSpan(0, 12)));
            _rig.Receive(flow, bytes);
        }

        private void CloseOrMove()
        {
            var browsers = _peers.Where(peer => peer.IsBrowser).ToList();
            if (_random.Next(10) == 0)
            {
                // A closed port: the network says so.
                Story.Add("a trunk is gone");
                _rig.Close(_peers[^(1 + _random.Next(2))]);
                return;
            }
            if (browsers.Count == 0) return;
            var peer = Pick(browsers);
            Story.Add($"{peer.User} loses or moves its socket");
            if (_random.Next(2) == 0) _rig.Close(peer);
            else _rig.Move(peer, ++_connection);
        }

        private void MediaHappens()
        {
            if (_rig.Media.Opened == 0) return;
            var leg = new LegId(1 + _random.Next(_rig.Media.Opened));
            MediaEvent happened = _random.Next(5) switch
            {
                0 => new MediaEvent.Silent(leg, TimeSpan.FromSeconds(60)),
                1 => new MediaEvent.Failed(leg, MediaFailure.IceTimeout),
                2 => new MediaEvent.Ready(leg),
                _ => new MediaEvent.Digit(leg, '1', TimeSpan.FromMilliseconds(100)),
            };
            Story.Add(happened.GetType().Name + leg.Value);
            _rig.Happens(happened);
        }

        private void Wait()
        {
            var seconds = Pick([0.1, 0.6, 2.5, 11, 33, 61]);
            Story.Add($"waits {seconds}");
            _rig.Advance(TimeSpan.FromSeconds(seconds));
        }

        /// <summary>Peers notice what came: dialogs of new INVITEs, tags of answers; most ACK what has to be.</summary>
        private void Take()
        {
            foreach (var peer in _peers)
            {
                foreach (var request in peer.Inbox.OfType<SipRequest>().Where(request => request.Method == SipMethod.Invite && request.ToTag.IsEmpty))
                {
                    if (!_dialogs.Exists(dialog => dialog.Invite == request)) _dialogs.Add(TestDialog.Incoming(_rig, peer, request));
                }
                foreach (var response in peer.Inbox.OfType<SipResponse>().Where(response => response.CSeqMethod == SipMethod.Invite).ToList())
                {
                    peer.Inbox.Remove(response);
                    var callId = Encoding.UTF8.GetString(response.CallId);
                    if (_dialogs.Find(known => known.CallId == callId) is not { } dialog) continue;
                    if (!response.ToTag.IsEmpty) dialog.RemoteTag = Encoding.UTF8.GetString(response.ToTag);
                    if (response.TryGet(HeaderId.RSeq, out var number))
                    {
                        _reliable[dialog] = Encoding.UTF8.GetString(number);
                        if (_random.Next(3) == 0) continue;
                        Acknowledged++;
                        dialog.Send("PRACK", headers: $"RAck: {_reliable[dialog]} {response.CSeq} INVITE\r\n");
                    }
                    if (response.StatusCode >= 300) dialog.AckRefusal();
                    else if (response.StatusCode >= 200 && _random.Next(6) > 0) dialog.Ack();
                }
            }
        }

        private string Offer(TestPeer peer) => SdpText.Offer(peer.IsBrowser, Pick(CodecLists), Pick(Directions), _random.Next(9) == 0 ? "0.0.0.0" : "192.0.2.50");

        private string Answer(TestPeer peer, SipRequest request)
        {
            if (request.Body.IsEmpty) return Offer(peer);
            var codecs = SdpText.Codecs(SdpText.Body(request)).Split(' ');
            return SdpText.Answer(request, peer.IsBrowser, _random.Next(8) == 0 ? "GSM" : Pick(codecs) + " telephone-event", Pick(Directions));
        }

        private T Pick<T>(IReadOnlyList<T> from) => from[_random.Next(from.Count)];
    }
}
