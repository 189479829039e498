// A phone made of stock JsSIP, as any web page would use it: window.makePhone({ url, uri, password }) -> phone. Every event
// and every SIP message is kept, so that a test can wait for them and look at them.
window.makePhone = ({ url, uri, password, jwt, instanceId, register = true, extra = {} }) => {
  const events = [];
  const messages = [];
  const note = (name, data = {}) => events.push({ name, at: Date.now(), ...data });
  const socket = new JsSIP.WebSocketInterface(url);
  const sent = socket.send.bind(socket);
  socket.send = (message) => { messages.push({ out: true, text: String(message) }); return sent(message); };
  const ua = new JsSIP.UA({
    sockets: [socket], uri, password, authorization_jwt: jwt, instance_id: instanceId, register,
    session_timers: true, connection_recovery_min_interval: 1, connection_recovery_max_interval: 2, ...extra,
  });
  const phone = { ua, events, messages, session: null, ears: null, incoming: [] };
  ua.on('connected', () => {
    note('connected');
    const heard = socket.ondata;
    socket.ondata = (data) => { messages.push({ out: false, text: typeof data === 'string' ? data : '(binary)' }); heard(data); };
  });
  ua.on('disconnected', (e) => note('disconnected', { code: e.code }));
  ua.on('registered', () => note('registered'));
  ua.on('unregistered', () => note('unregistered'));
  ua.on('registrationFailed', (e) => note('registrationFailed', { cause: e.cause, status: e.response?.status_code }));
  ua.on('newMessage', (e) => note('message', { body: e.request.body }));

  const watch = (session) => {
    phone.session = session;
    // A phone that takes digits by INFO alone says so by leaving telephone-event out.
    session.on('sdp', (e) => {
      if (phone.infoDigits && e.originator === 'local') {
        const types = [...e.sdp.matchAll(/^a=rtpmap:(\d+) telephone-event.*$/gm)].map((m) => m[1]);
        for (const type of types) {
          e.sdp = e.sdp.replace(new RegExp(`^a=(rtpmap|fmtp):${type} .*\\r\\n`, 'gm'), '').replace(new RegExp(`^(m=audio .*) ${type}\\b`, 'm'), '$1');
        }
      }
    });
    for (const name of ['progress', 'accepted', 'confirmed', 'hold', 'unhold', 'reinvite', 'update'])
      session.on(name, (e) => note(name, { originator: e?.originator, status: e?.response?.status_code }));
    session.on('failed', (e) => note('failed', { originator: e.originator, cause: e.cause, status: e.message?.status_code, reason: e.message?.reason_phrase }));
    session.on('ended', (e) => note('ended', { originator: e.originator, cause: e.cause }));
    session.on('newDTMF', (e) => e.originator === 'remote' && note('dtmf', { tone: e.dtmf.tone }));
    session.on('newInfo', (e) => e.originator === 'remote' && note('info', { body: e.request.body }));
    const listen = (pc) => pc.addEventListener('track', (e) => {
      if (e.track.kind !== 'audio') return;
      phone.stream = e.streams[0] ?? new MediaStream([e.track]);
      note('track');
    });
    if (session.connection) listen(session.connection);
    session.on('peerconnection', (e) => listen(e.peerconnection));
  };
  ua.on('newRTCSession', (e) => {
    note('session', { originator: e.originator, from: e.request.from?.uri?.toString(), display: e.request.from?.display_name });
    watch(e.session);
  });

  // A steady test tone needs the browser's processing off.
  const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  const media = { mediaConstraints: { audio, video: false }, pcConfig: { iceServers: [] } };
  phone.call = (target, options = {}) => { phone.session = ua.call(target, { ...media, ...options }); return phone.session.id; };
  phone.answer = () => phone.session.answer(media);
  phone.hangup = (options) => phone.session.terminate(options);
  // JsSIP refuses a new offer while another is open: ask until it takes it, then wait for the answer.
  phone.reoffer = (method) => new Promise((resolve, reject) => {
    const until = Date.now() + 8000;
    const ask = () => {
      if (phone.session[method]({}, resolve)) return;
      if (Date.now() > until) reject(new Error(`${method} was not taken: ${JSON.stringify(events)}`));
      else setTimeout(ask, 50);
    };
    ask();
  });
  phone.listen = (wanted, other) => { phone.ears?.stop(); phone.ears = listenTo(phone.stream, wanted, other); };
  phone.report = () => phone.ears.report();
  phone.stats = async () => {
    const result = {};
    (await phone.session.connection.getStats()).forEach((s) => {
      if (s.type === 'inbound-rtp') Object.assign(result, { received: s.packetsReceived, lost: s.packetsLost, codec: s.codecId, concealed: s.concealedSamples, energy: s.totalAudioEnergy, audioLevel: s.audioLevel, samples: s.totalSamplesReceived });
      if (s.type === 'outbound-rtp') result.sent = s.packetsSent;
      if (s.type === 'remote-inbound-rtp') Object.assign(result, { remoteLost: s.packetsLost, roundTrip: s.roundTripTime });
      if (s.type === 'transport') Object.assign(result, { dtls: s.dtlsState, srtp: s.srtpCipher });
    });
    return result;
  };
  phone.has = (name, count = 1) => events.filter((e) => e.name === name).length >= count;
  phone.last = (name) => events.filter((e) => e.name === name).at(-1) ?? null;
  return phone;
};
