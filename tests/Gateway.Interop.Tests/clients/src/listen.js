// Measures what a page hears: every 20 ms the level of the wanted and of the other tone in a remote stream, by Goertzel on
// the samples, so that gaps and cross-talk show. listenTo(stream, wanted, other) -> { stop() -> report }.
window.listenTo = (stream, wanted, other) => {
  // A held stream has no track at all: that is silence too.
  if (stream.getAudioTracks().length === 0) {
    const silence = { presentMs: 0, longestGapMs: 0, level: null, otherMs: 0, frames: 0 };
    return { report: () => silence, clear: () => {}, stop: () => silence };
  }
  // Chromium delivers remote audio to Web Audio only while a media element plays the stream.
  const element = Object.assign(new Audio(), { srcObject: stream, muted: true });
  element.play();
  const context = new AudioContext();
  const source = context.createMediaStreamSource(stream);
  const processor = context.createScriptProcessor(1024, 1, 1);
  const length = Math.round(context.sampleRate / 50);
  let pending = new Float32Array(0);
  const frames = [];
  const power = (x) => x.reduce((sum, v) => sum + v * v, 0) / x.length;
  const goertzel = (x, hertz) => {
    const c = 2 * Math.cos((2 * Math.PI * hertz) / context.sampleRate);
    let p = 0, q = 0;
    for (const v of x) [p, q] = [v + c * p - q, p];
    return ((p * p + q * q - c * p * q) * 2) / (x.length * x.length);
  };
  processor.onaudioprocess = (event) => {
    const input = event.inputBuffer.getChannelData(0);
    const all = new Float32Array(pending.length + input.length);
    all.set(pending);
    all.set(input, pending.length);
    let at = 0;
    for (; at + length <= all.length; at += length) {
      const frame = all.subarray(at, at + length);
      const total = power(frame);
      frames.push({
        total,
        wanted: total > 3e-6 && goertzel(frame, wanted) > 0.6 * total,
        other: other > 0 && total > 3e-6 && goertzel(frame, other) > 0.2 * total,
      });
    }
    pending = all.slice(at);
  };
  source.connect(processor);
  processor.connect(context.destination);
  const report = () => {
    let present = 0, gap = 0, longest = 0, energy = 0, foreign = 0;
    for (const frame of frames) {
      if (frame.wanted) {
        present++;
        energy += frame.total;
        longest = Math.max(longest, gap);
        gap = 0;
      } else if (present > 0) gap++;
      if (frame.other) foreign++;
    }
    return { presentMs: present * 20, longestGapMs: longest * 20, level: present > 0 ? 10 * Math.log10(energy / present) : null, otherMs: foreign * 20, frames: frames.length };
  };
  return {
    report,
    clear: () => { frames.length = 0; },
    stop: () => { const result = report(); processor.disconnect(); context.close(); element.srcObject = null; return result; },
  };
};
