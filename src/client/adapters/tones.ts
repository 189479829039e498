import type { Tone } from '../core/ports.js';

/** Frequencies in Hz, and on/off times in s that repeat. */
interface Cadence {
  readonly frequencies: readonly number[];
  readonly pattern: readonly number[];
  readonly level: number;
}

const cadences: Readonly<Record<Exclude<Tone, 'none'>, Cadence>> = {
  incoming: { frequencies: [660, 880], pattern: [0.35, 0.15, 0.35, 2.15], level: 0.12 },
  waiting: { frequencies: [440], pattern: [0.2, 0.6, 0.2, 5], level: 0.05 },
  ringback: { frequencies: [440, 480], pattern: [2, 4], level: 0.05 },
  busy: { frequencies: [480, 620], pattern: [0.5, 0.5], level: 0.05 },
};

// The rows and columns of a telephone keypad (ITU-T Q.23).
const rows = [697, 770, 852, 941];
const columns = [1209, 1336, 1477, 1633];
const keys = '123A456B789C*0#D';

type RingContext = AudioContext & { setSinkId?: (id: string) => Promise<void> };

/** Ring, ringback and key tones, made on the spot: no sound files to load and nothing to be out of tune. */
export class Tones {
  #context: AudioContext | undefined;
  /** Rings where the person chose, which need not be where calls are heard. */
  #ringContext: RingContext | undefined;
  #ringer = '';
  #playing: Tone = 'none';
  #stop: () => void = () => {};

  constructor() {
    // Browsers keep a page silent until it was touched: the first touch anywhere lets it ring from then on.
    for (const type of ['pointerdown', 'keydown']) addEventListener(type, () => void this.#open(), { once: true, capture: true });
  }

  play(tone: Tone): void {
    if (tone === this.#playing) return;
    this.#playing = tone;
    this.#stop();
    this.#stop = () => {};
    if (tone === 'none') return;
    const context = tone === 'incoming' ? this.#openRinger() : this.#open();
    if (!context) return;
    const cadence = cadences[tone];
    const gain = context.createGain();
    gain.gain.value = 0;
    gain.connect(context.destination);
    const oscillators = cadence.frequencies.map((frequency) => oscillator(context, frequency, gain));
    const period = cadence.pattern.reduce((sum, part) => sum + part, 0);
    let next = context.currentTime + 0.02;
    const schedule = () => {
      // Two periods ahead: timers of a hidden tab run once a second at best.
      while (next < context.currentTime + Math.max(3, period)) {
        let at = next;
        for (const [i, length] of cadence.pattern.entries()) {
          gain.gain.setTargetAtTime(i % 2 === 0 ? cadence.level : 0, at, 0.008);
          at += length;
        }
        next += period;
      }
    };
    schedule();
    const timer = setInterval(schedule, 1000);
    this.#stop = () => {
      clearInterval(timer);
      gain.gain.cancelScheduledValues(0);
      gain.gain.setTargetAtTime(0, context.currentTime, 0.01);
      for (const o of oscillators) o.stop(context.currentTime + 0.1);
      setTimeout(() => gain.disconnect(), 300);
    };
  }

  key(digit: string): void {
    const at = keys.indexOf(digit);
    const context = at < 0 ? undefined : this.#open();
    if (!context) return;
    const gain = context.createGain();
    gain.gain.value = 0.04;
    gain.connect(context.destination);
    const end = context.currentTime + 0.1;
    gain.gain.setTargetAtTime(0, end, 0.01);
    for (const frequency of [rows[at >> 2] ?? 0, columns[at & 3] ?? 0]) oscillator(context, frequency, gain).stop(end + 0.1);
    setTimeout(() => gain.disconnect(), 400);
  }

  useRinger(deviceId: string): void {
    this.#ringer = deviceId;
    if (this.#ringContext) this.#route(this.#ringContext);
  }

  #openRinger(): AudioContext | undefined {
    if (!this.#ringer) return this.#open();
    try {
      if (!this.#ringContext) {
        this.#ringContext = new AudioContext();
        this.#route(this.#ringContext);
      }
      void this.#ringContext.resume().catch(() => {});
      return this.#ringContext;
    } catch {
      return this.#open();
    }
  }

  /** A ringer that was unplugged: the system's own rings instead. */
  #route(context: RingContext): void {
    void context.setSinkId?.(this.#ringer).catch(() => context.setSinkId?.('').catch(() => {}));
  }

  #open(): AudioContext | undefined {
    try {
      this.#context ??= new AudioContext();
      void this.#context.resume().catch(() => {});
      return this.#context;
    } catch {
      return undefined;
    }
  }
}

function oscillator(context: AudioContext, frequency: number, to: AudioNode): OscillatorNode {
  const node = context.createOscillator();
  node.frequency.value = frequency;
  node.connect(to);
  node.start();
  return node;
}
