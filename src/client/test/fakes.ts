import { Signal } from '../core/events.js';
import {
  type AudioPort,
  type AudioPreferences,
  type Clock,
  type Microphone,
  MicrophoneError,
  type MicrophoneFault,
  type PhoneSession,
  type PreferencesPort,
  SessionError,
  type SessionPort,
  type SignalingCall,
  type SignalingCallEvent,
  type SignalingEvent,
  type SignalingPort,
  type Tone,
  type TransferProgress,
} from '../core/ports.js';
import { Phone } from '../core/phone.js';

/** The world of a phone, in the hands of a test: time stands still until told, the network says what the test says. */

export class FakeClock implements Clock {
  #now = 1_000_000;
  #timers: { at: number; run: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + ms, run };
    this.#timers.push(timer);
    return () => (this.#timers = this.#timers.filter((each) => each !== timer));
  }

  /** Lets time pass, timer by timer, with what they start in between. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      const next = this.#timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
      await settle();
    }
    this.#now = end;
    await settle();
  }
}

/** Lets promises run out. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

export class FakeMicrophone implements Microphone {
  readonly deviceId: string;
  closed = false;

  constructor(deviceId: string) {
    this.deviceId = deviceId;
  }

  close(): void {
    this.closed = true;
  }
}

export class FakeAudio implements AudioPort {
  readonly microphoneLost = new Signal<Microphone>((error) => {
    throw error;
  });
  fault: MicrophoneFault | undefined;
  readonly opened: FakeMicrophone[] = [];
  readonly playing = new Set<string>();
  readonly keys: string[] = [];
  current: Tone = 'none';
  speaker = '';
  ringer = '';
  preferences: AudioPreferences | undefined;

  async openMicrophone(preferences: AudioPreferences): Promise<Microphone> {
    if (this.fault) throw new MicrophoneError(this.fault);
    this.preferences = preferences;
    const microphone = new FakeMicrophone(preferences.microphoneId);
    this.opened.push(microphone);
    return microphone;
  }

  play(callId: string): void {
    this.playing.add(callId);
  }

  stop(callId: string): void {
    this.playing.delete(callId);
  }

  useSpeaker(deviceId: string): void {
    this.speaker = deviceId;
  }

  useRinger(deviceId: string): void {
    this.ringer = deviceId;
  }

  tone(tone: Tone): void {
    this.current = tone;
  }

  keyTone(digit: string): void {
    this.keys.push(digit);
  }
}

export class FakeSessions implements SessionPort {
  readonly #clock: Clock;
  fault: 'signed-out' | 'unreachable' | undefined;
  opened = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async open(): Promise<PhoneSession> {
    if (this.fault) throw new SessionError(this.fault);
    this.opened++;
    return {
      aor: 'alice@gateway.test',
      displayName: 'Alice',
      url: 'wss://gateway.test/ws',
      token: `token-${this.opened}`,
      tokenExpiresAt: this.#clock.now() + 120_000,
      iceServers: [],
      echo: '*43',
      tone: '*44',
    };
  }
}

export class FakeCall implements SignalingCall {
  readonly events = new Signal<SignalingCallEvent>((error) => {
    throw error;
  });
  readonly id: string;
  readonly direction: 'outgoing' | 'incoming';
  readonly remoteUser: string;
  readonly remoteName = '';
  readonly done: string[] = [];
  holdAnswer = true;
  restartAnswer = true;
  readonly transfers: { target: string; other: SignalingCall | undefined; progress: (progress: TransferProgress) => void }[] = [];

  constructor(id: string, direction: 'outgoing' | 'incoming', remoteUser: string) {
    this.id = id;
    this.direction = direction;
    this.remoteUser = remoteUser;
  }

  answer(): void {
    this.done.push('answer');
  }

  hangUp(status?: number): void {
    this.done.push(status ? `hangUp ${status}` : 'hangUp');
  }

  async hold(on: boolean): Promise<boolean> {
    this.done.push(on ? 'hold' : 'resume');
    return this.holdAnswer;
  }

  mute(on: boolean): void {
    this.done.push(on ? 'mute' : 'unmute');
  }

  sendDigit(digit: string): void {
    this.done.push(`digit ${digit}`);
  }

  transfer(target: string, other: SignalingCall | undefined, progress: (progress: TransferProgress) => void): void {
    this.done.push('transfer');
    this.transfers.push({ target, other, progress });
  }

  async replaceMicrophone(microphone: Microphone): Promise<void> {
    this.done.push(`microphone ${microphone.deviceId}`);
  }

  async restartMedia(): Promise<boolean> {
    this.done.push('restart');
    return this.restartAnswer;
  }

  keepAlive(on: boolean): void {
    this.done.push(on ? 'keep' : 'let go');
  }

  ends(status: number, cause = 'SIP Failure Code'): void {
    this.events.emit({ type: 'ended', by: 'remote', status, cause });
  }
}

export class FakeSignaling implements SignalingPort {
  readonly events = new Signal<SignalingEvent>((error) => {
    throw error;
  });
  readonly calls: FakeCall[] = [];
  readonly targets: string[] = [];
  token = '';
  registers = 0;
  running = false;

  start(): void {
    this.running = true;
  }

  stop(): void {
    this.running = false;
  }

  setToken(token: string): void {
    this.token = token;
  }

  register(): void {
    this.registers++;
  }

  call(target: string): SignalingCall {
    const call = new FakeCall(`out-${this.calls.length}`, 'outgoing', target.slice(4).split('@')[0] ?? '');
    this.targets.push(target);
    this.calls.push(call);
    return call;
  }

  rings(from: string): FakeCall {
    const call = new FakeCall(`in-${this.calls.length}`, 'incoming', from);
    this.calls.push(call);
    this.events.emit({ type: 'incoming', call });
    return call;
  }
}

export class FakePreferences implements PreferencesPort {
  saved: Partial<AudioPreferences> = {};

  load(): Partial<AudioPreferences> {
    return this.saved;
  }

  save(preferences: AudioPreferences): void {
    this.saved = preferences;
  }
}

export class World {
  readonly clock = new FakeClock();
  readonly signaling = new FakeSignaling();
  readonly sessions = new FakeSessions(this.clock);
  readonly audio = new FakeAudio();
  readonly preferences = new FakePreferences();
  readonly phone = new Phone(this);

  get now() {
    return this.phone.snapshot;
  }

  call(index = 0): FakeCall {
    const call = this.signaling.calls[index];
    if (!call) throw new Error(`no call ${index}`);
    return call;
  }

  /** Signed in, connected and registered. */
  static async registered(): Promise<World> {
    const world = new World();
    world.phone.start();
    await settle();
    world.signaling.events.emit({ type: 'connected' });
    await settle();
    world.signaling.events.emit({ type: 'registered' });
    return world;
  }

  /** An outgoing call that was answered and whose sound is there. */
  static async talking(): Promise<World> {
    const world = await World.registered();
    await world.phone.dial('bob');
    world.call().events.emit({ type: 'accepted' });
    world.call().events.emit({ type: 'media', state: 'connected' });
    return world;
  }
}
