import { Call, type CallSnapshot } from './call.js';
import { Devices } from './devices.js';
import { Signal } from './events.js';
import type { Failure } from './failures.js';
import { cleanNumber, domainOf, isDigit, targetUri } from './number.js';
import {
  type AudioPort,
  type AudioPreferences,
  type Clock,
  type Microphone,
  MicrophoneError,
  type PreferencesPort,
  type SessionPort,
  type SignalingCall,
  type SignalingPort,
} from './ports.js';
import { Registration, type RegistrationSnapshot } from './registration.js';

export interface PhoneSnapshot {
  /** Rises with every change, so that a listener that missed some knows it. */
  seq: number;
  aor: string;
  displayName: string;
  echo: string;
  tone: string;
  registration: RegistrationSnapshot;
  calls: readonly CallSnapshot[];
  preferences: AudioPreferences;
  /** Why the last dial attempt did not become a call. */
  failure?: Failure;
  /** A call is being prepared: the microphone opens. */
  dialling: boolean;
}

export interface PhonePorts {
  signaling: SignalingPort;
  sessions: SessionPort;
  audio: AudioPort;
  clock: Clock;
  preferences: PreferencesPort;
}

/** How long an ended call stays to be read. */
const endedFor = 6000;

/** More calls than a person can follow are answered busy. */
const mostCalls = 3;

/**
 * The phone: registration, calls and devices as one state that any number of views show. It is the authority on the call;
 * pages and their connection to the server come and go around it.
 */
export class Phone {
  readonly changes = new Signal<PhoneSnapshot>();

  readonly #ports: PhonePorts;
  readonly #registration: Registration;
  readonly #devices: Devices;
  readonly #calls: Call[] = [];
  #seq = 0;
  #failure: Failure | undefined;
  #dialling = false;
  #dialTurn = 0;
  #wasRegistered = false;

  constructor(ports: PhonePorts) {
    this.#ports = ports;
    this.#devices = new Devices(ports.preferences, () => this.#publish());
    this.#registration = new Registration(
      ports.signaling,
      ports.sessions,
      ports.clock,
      () => this.activeCall !== undefined,
      () => this.#onRegistration(),
    );
    ports.audio.microphoneLost.subscribe((lost) => void this.#replaceMicrophones((call) => call.microphone === lost));
    ports.signaling.events.subscribe((event) => {
      if (event.type === 'incoming') this.#onIncoming(event.call);
      if (event.type === 'disconnected') for (const call of [...this.#calls]) call.signalingLost();
    });
  }

  get snapshot(): PhoneSnapshot {
    const session = this.#registration.session;
    const snapshot: PhoneSnapshot = {
      seq: this.#seq,
      aor: session?.aor ?? '',
      displayName: session?.displayName ?? '',
      echo: session?.echo ?? '*43',
      tone: session?.tone ?? '*44',
      registration: this.#registration.snapshot,
      calls: this.#calls.map((call) => call.snapshot),
      preferences: this.#devices.preferences,
      dialling: this.#dialling,
    };
    if (this.#failure) snapshot.failure = this.#failure;
    return snapshot;
  }

  /** The call that talks, or is about to. */
  get activeCall(): Call | undefined {
    const live = this.#calls.filter((call) => call.state !== 'ended' && call.state !== 'incoming');
    return live.find((call) => !call.snapshot.held) ?? live[0];
  }

  start(): void {
    void this.#registration.start();
  }

  stop(): void {
    for (const call of [...this.#calls]) call.hangUp();
    this.#registration.stop();
  }

  async dial(text: string): Promise<boolean> {
    if (this.#dialling) return false;
    this.#fail(undefined);
    const number = cleanNumber(text);
    if (!number) return this.#fail('bad-number');
    if (this.#registration.snapshot.state !== 'registered') return this.#fail('not-registered');
    const turn = ++this.#dialTurn;
    this.#dialling = true;
    this.#publish();
    try {
      await this.#holdOthers(undefined);
      const [microphone, ready] = await Promise.all([this.#openMicrophone(), this.#registration.freshToken()]);
      if (!microphone) return false;
      const session = this.#registration.session;
      if (turn !== this.#dialTurn || !ready || !session) {
        microphone.close();
        return ready ? false : this.#fail('network-lost');
      }
      const call = this.#ports.signaling.call(targetUri(number, domainOf(session.aor)), microphone, session.iceServers);
      this.#add(call).microphone = microphone;
      return true;
    } finally {
      this.#dialling = false;
      this.#publish();
    }
  }

  /** Gives up a call that is still being prepared. */
  cancelDial(): void {
    this.#dialTurn++;
  }

  async answer(id: string): Promise<void> {
    const call = this.#find(id);
    if (!call?.beginAnswer()) return;
    await this.#holdOthers(call);
    const microphone = await this.#openMicrophone();
    if (!microphone) {
      // Nobody can be heard without a microphone: the caller is told that this phone cannot take it.
      call.hangUp(480);
      return;
    }
    call.answer(microphone, this.#registration.session?.iceServers ?? []);
  }

  /** 603: the person does not want this call, on whichever of their phones it rings (RFC 3261 §21.6.2). */
  decline(id: string): void {
    this.#find(id)?.hangUp(603);
  }

  hangUp(id: string): void {
    this.#find(id)?.hangUp();
  }

  mute(id: string, on: boolean): void {
    this.#find(id)?.mute(on);
  }

  async hold(id: string, on: boolean): Promise<void> {
    const call = this.#find(id);
    if (!call) return;
    if (!on) await this.#holdOthers(call);
    await call.hold(on);
  }

  /** Blind transfer: the other side is connected to `text`, and this phone leaves. */
  async transfer(id: string, text: string): Promise<boolean> {
    this.#fail(undefined);
    const call = this.#find(id);
    const session = this.#registration.session;
    const number = cleanNumber(text);
    if (!number) return this.#fail('bad-number');
    if (!call || !session) return false;
    return call.transfer(targetUri(number, domainOf(session.aor)), number);
  }

  /** Connects the other sides of two calls with each other, and leaves both. */
  async join(id: string, otherId: string): Promise<boolean> {
    const call = this.#find(id);
    const other = this.#find(otherId);
    const session = this.#registration.session;
    if (!call || !other || !session || other.state !== 'active') return false;
    const label = other.snapshot.remoteName || other.snapshot.remoteUser;
    const went = await call.transfer(targetUri(other.snapshot.remoteUser, domainOf(session.aor)), label, other);
    if (went) other.hangUp();
    return went;
  }

  sendDigit(id: string, digit: string): void {
    if (!isDigit(digit)) return;
    this.#ports.audio.keyTone(digit);
    this.#find(id)?.sendDigit(digit);
  }

  /** Rings for a moment, so that a person hears where and how loud. */
  ringOnce(): void {
    if (this.#calls.some((call) => call.state !== 'ended')) return;
    this.#ports.audio.tone('incoming');
    this.#ports.clock.after(1500, () => this.#chooseTone());
  }

  keyTone(digit: string): void {
    this.#ports.audio.keyTone(digit);
  }

  /** Takes an ended call off the list before its time, and the last failure with it. */
  dismiss(): void {
    for (let i = this.#calls.length - 1; i >= 0; i--) {
      if (this.#calls[i]?.state === 'ended') this.#calls.splice(i, 1);
    }
    this.#fail(undefined);
  }

  /** A change of microphone or of its treatment reaches the running call at once. */
  async setPreferences(change: Partial<AudioPreferences>): Promise<void> {
    if (!this.#devices.set(change)) return;
    if (change.speakerId !== undefined) this.#ports.audio.useSpeaker(change.speakerId);
    if (change.ringerId !== undefined) this.#ports.audio.useRinger(change.ringerId);
    if (Object.keys(change).every((key) => key === 'speakerId' || key === 'ringerId')) return;
    await this.#replaceMicrophones(() => true);
  }

  /** Gives running calls another microphone: the one chosen now or, when that is gone, what the system has. */
  async #replaceMicrophones(which: (call: Call) => boolean): Promise<void> {
    for (const call of this.#calls.filter((each) => each.state !== 'ended' && each.microphone && which(each))) {
      const microphone = await this.#openMicrophone();
      if (!microphone) return;
      const old = call.microphone;
      await call.signaling.replaceMicrophone(microphone);
      old?.close();
      // The call may have ended meanwhile, and nobody would close the new one.
      if (call.state === 'ended') microphone.close();
      else call.microphone = microphone;
    }
  }

  async #openMicrophone(): Promise<Microphone | undefined> {
    try {
      return await this.#ports.audio.openMicrophone(this.#devices.preferences);
    } catch (error) {
      this.#fail(error instanceof MicrophoneError ? error.fault : 'failed');
      return undefined;
    }
  }

  async #holdOthers(but: Call | undefined): Promise<void> {
    const others = this.#calls.filter((call) => call !== but && call.state === 'active');
    await Promise.all(others.map((call) => call.hold(true)));
  }

  #onIncoming(signaling: SignalingCall): void {
    if (this.#calls.filter((call) => call.state !== 'ended').length >= mostCalls) signaling.hangUp(486);
    else this.#add(signaling);
  }

  #add(signaling: SignalingCall): Call {
    const call = new Call(
      signaling,
      this.#ports.clock,
      () => this.#registration.snapshot.state === 'registered',
      (changed) => this.#onCall(changed),
    );
    this.#calls.push(call);
    signaling.events.subscribe((event) => {
      if (event.type === 'audio') this.#ports.audio.play(call.id, event.audio);
    });
    this.#onCall(call);
    return call;
  }

  #onCall(call: Call): void {
    if (call.state === 'ended' && this.#calls.includes(call)) {
      this.#ports.audio.stop(call.id);
      this.#ports.clock.after(endedFor, () => {
        const at = this.#calls.indexOf(call);
        if (at >= 0) {
          this.#calls.splice(at, 1);
          this.#publish();
        }
      });
    }
    if (!this.activeCall) this.#registration.idle();
    this.#chooseTone();
    this.#publish();
  }

  /** One tone at a time: what rings, else what is dialled, else nothing. */
  #chooseTone(): void {
    const calls = this.#calls.map((call) => call.snapshot);
    const talking = calls.some((call) => call.state === 'active');
    const ringing = calls.some((call) => call.state === 'ringing' && !call.earlyMedia);
    if (calls.some((call) => call.state === 'incoming')) this.#ports.audio.tone(talking ? 'waiting' : 'incoming');
    else if (ringing && !talking) this.#ports.audio.tone('ringback');
    else this.#ports.audio.tone('none');
  }

  #onRegistration(): void {
    const registered = this.#registration.snapshot.state === 'registered';
    if (registered && !this.#wasRegistered) for (const call of this.#calls) call.signalingRestored();
    this.#wasRegistered = registered;
    this.#publish();
  }

  #find(id: string): Call | undefined {
    return this.#calls.find((call) => call.id === id);
  }

  #fail(failure: Failure | undefined): false {
    this.#failure = failure;
    this.#publish();
    return false;
  }

  #publish(): void {
    this.#seq++;
    this.changes.emit(this.snapshot);
  }
}
