import { Call, type CallSnapshot } from '../core/call.js';
import { defaultPreferences } from '../core/devices.js';
import type { Failure } from '../core/failures.js';
import { type AudioPort, type Clock, type Microphone, MicrophoneError, type SignalingCall } from '../core/ports.js';
import type { LineEvent } from './line-event.js';
import type { Signal } from '../core/events.js';
import { qualityBetween, type QualitySample, sample } from './quality.js';
import { SessionRefused } from './session.js';
import { isLive, nextState, type WidgetInput, type WidgetState } from './states.js';
import type { CallOptions, Conversation, QualityDetail, SessionAnswer, SessionRequest, WidgetFailure, WidgetHost } from './types.js';

/** What a conversation needs of signalling; the real one is WidgetLine. */
export interface Line {
  readonly isConnected: boolean;
  readonly events: Signal<LineEvent>;
  start(): void;
  stop(): void;
  call(microphone: Microphone): SignalingCall & { readonly connection?: RTCPeerConnection | undefined };
}

export interface ConversationPorts {
  audio: AudioPort;
  clock: Clock;
  line(session: SessionAnswer): Line;
  session(request: SessionRequest, signal: AbortSignal): Promise<SessionAnswer>;
}

export interface ConversationSnapshot {
  state: WidgetState;
  failure?: WidgetFailure;
  opens?: string;
  muted: boolean;
  held: boolean;
  reconnecting: boolean;
  digits: string;
  answeredAt?: number;
  endedAt?: number;
  quality?: QualityDetail;
}

const connectLimit = 15000;
const qualityInterval = 2000;

/** One call from the click to its end: microphone, session, socket, INVITE, and what a visitor does in it. */
export class WidgetConversation implements Conversation {
  readonly #host: WidgetHost;
  readonly #ports: ConversationPorts;
  readonly #changed: () => void;
  #snapshot: ConversationSnapshot = { state: 'idle', muted: false, held: false, reconnecting: false, digits: '' };
  #abort = new AbortController();
  #microphone: Microphone | undefined;
  #line: Line | undefined;
  #call: Call | undefined;
  #callId = '';
  #connection: (() => RTCPeerConnection | undefined) | undefined;
  #lastSample: QualitySample | undefined;
  #cancelQuality: () => void = () => {};
  #cancelLimit: () => void = () => {};
  #lost = false;

  constructor(host: WidgetHost, ports: ConversationPorts, changed: () => void) {
    this.#host = host;
    this.#ports = ports;
    this.#changed = changed;
  }

  get state(): WidgetState {
    return this.#snapshot.state;
  }

  get snapshot(): Readonly<ConversationSnapshot> {
    return this.#snapshot;
  }

  /** The element has loaded us and goes on here: the microphone first, so that no session is spent on a visitor without one. */
  async start(options: CallOptions, visitor: Readonly<Record<string, string>>): Promise<void> {
    if (isLive(this.state)) return;
    this.#snapshot = { state: this.state, muted: false, held: false, reconnecting: false, digits: '' };
    this.#abort = new AbortController();
    const signal = this.#abort.signal;
    this.#move('call');
    this.#move('ready');
    try {
      const microphone = await this.#ports.audio.openMicrophone(
        this.#host.treatsSound ? defaultPreferences : { ...defaultPreferences, echoCancellation: false, noiseSuppression: false, autoGainControl: false },
      );
      if (signal.aborted) {
        microphone.close();
        return;
      }
      this.#microphone = microphone;
      this.#move('allowed');
      const session = await this.#ports.session(requestOf(options, visitor, this.#host.language), signal);
      if (signal.aborted) return;
      this.#dial(session);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof MicrophoneError) this.fail(error.fault);
      else if (error instanceof SessionRefused) this.#refused(error);
      else {
        console.error(error);
        this.fail('failed');
      }
    }
  }

  async hangup(): Promise<void> {
    if (!isLive(this.state)) return;
    this.#abort.abort();
    if (this.#call) this.#call.hangUp();
    else this.#finish('over', '');
  }

  mute(on: boolean): void {
    this.#call?.mute(on);
  }

  /** Digits, stars and hashes; anything else is left out. */
  sendDtmf(digits: string): void {
    for (const digit of digits.toUpperCase()) {
      if (!/[0-9*#A-D]/.test(digit) || this.state !== 'active') continue;
      this.#ports.audio.keyTone(digit);
      this.#call?.sendDigit(digit);
    }
  }

  dismiss(): void {
    this.#move('dismiss');
  }

  fail(failure: WidgetFailure): void {
    this.#snapshot.failure = failure;
    this.#finish('fail', failure);
    this.#host.emit('gw-error', { code: failure });
  }

  #refused(refusal: SessionRefused): void {
    if (refusal.failure !== 'closed') {
      this.fail(refusal.failure);
      return;
    }
    if (refusal.opens) this.#snapshot.opens = refusal.opens;
    this.#finish('shut', 'closed');
  }

  #dial(session: SessionAnswer): void {
    const line = this.#ports.line(session);
    this.#line = line;
    line.events.subscribe((event) => {
      switch (event.type) {
        case 'connected':
          this.#lost = false;
          if (this.#call) {
            this.#call.signalingRestored();
            this.#refresh();
          } else if (this.#microphone) {
            this.#invite(line, this.#microphone);
          }
          break;
        case 'lost':
          if (this.state === 'active') {
            this.#lost = true;
            this.#refresh();
          } else {
            // Before the answer nothing is there that could be taken up again.
            this.fail(navigator.onLine === false ? 'offline' : 'network-lost');
          }
          break;
        case 'over':
          if (event.code === 4429) this.fail('all-busy');
          else if (!this.#call) this.fail(event.code === 4403 ? 'not-allowed' : 'server-error');
          else if (isLive(this.state)) this.#call.end('system', 0, event.code === 1000 ? 'Terminated' : 'Connection Error');
          break;
      }
    });
    this.#cancelLimit = this.#ports.clock.after(connectLimit, () => {
      if (!this.#call) this.fail('unreachable');
    });
    line.start();
  }

  #invite(line: Line, microphone: Microphone): void {
    this.#cancelLimit();
    const signaling = line.call(microphone);
    this.#connection = () => signaling.connection;
    const call = new Call(signaling, this.#ports.clock, () => line.isConnected, () => this.#onCall(call));
    call.microphone = microphone;
    this.#call = call;
    this.#callId = call.id;
    signaling.events.subscribe((event) => {
      if (event.type === 'audio') this.#ports.audio.play(call.id, event.audio);
      if (event.type === 'remote-hold') this.#refresh();
    });
  }

  #onCall(call: Call): void {
    if (call !== this.#call) return;
    const now = call.snapshot;
    if (now.state === 'ringing') {
      this.#move('progress');
      this.#ports.audio.tone(now.earlyMedia ? 'none' : 'ringback');
    } else if (now.state === 'active' && this.state !== 'active') {
      this.#ports.audio.tone('none');
      if (now.answeredAt) this.#snapshot.answeredAt = now.answeredAt;
      this.#move('accepted');
      this.#watchQuality();
    } else if (now.state === 'ended') {
      this.#onEnded(now);
      return;
    }
    this.#refresh();
  }

  #onEnded(call: CallSnapshot): void {
    const talked = this.state === 'active';
    if (call.endedAt) this.#snapshot.endedAt = call.endedAt;
    // Once both have talked, only a lost connection is a failure; everything else is an end.
    const failure = talked && call.failure !== 'network-lost' ? undefined : call.failure;
    if (failure) this.fail(failureOfCall(failure));
    else this.#finish('over', call.endedBy ?? '');
    if (talked) {
      const duration = Math.round(((call.endedAt ?? 0) - (call.answeredAt ?? 0)) / 1000);
      this.#host.emit('gw-ended', { duration, cause: failure ?? call.endedBy ?? '' });
    }
  }

  /** Whatever was open is closed, and the state says so. */
  #finish(input: WidgetInput, cause: string): void {
    this.#abort.abort();
    this.#cancelLimit();
    this.#cancelQuality();
    this.#ports.audio.tone('none');
    const call = this.#call;
    const line = this.#line;
    this.#call = undefined;
    this.#line = undefined;
    if (call) {
      this.#ports.audio.stop(call.id);
      if (call.state !== 'ended') call.hangUp();
    }
    this.#microphone?.close();
    this.#microphone = undefined;
    // The BYE and its answer are still to pass.
    if (line && call) this.#ports.clock.after(1000, () => line.stop());
    else line?.stop();
    this.#connection = undefined;
    this.#lastSample = undefined;
    this.#lost = false;
    this.#move(input, cause);
  }

  #watchQuality(): void {
    this.#cancelQuality = this.#ports.clock.after(qualityInterval, () => {
      void this.#measure().finally(() => {
        if (this.state === 'active') this.#watchQuality();
      });
    });
  }

  async #measure(): Promise<void> {
    const connection = this.#connection?.();
    if (!connection) return;
    const now = await sample(connection);
    const before = this.#lastSample;
    this.#lastSample = now;
    if (!before || this.state !== 'active' || this.#call?.snapshot.remoteHeld) return;
    this.#snapshot.quality = qualityBetween(before, now);
    this.#host.emit('gw-quality', this.#snapshot.quality);
    this.#changed();
  }

  #refresh(): void {
    const call = this.#call?.snapshot;
    if (call) {
      this.#snapshot.muted = call.muted;
      this.#snapshot.held = call.remoteHeld;
      this.#snapshot.digits = call.digits;
    }
    this.#snapshot.reconnecting = this.#lost || call?.reconnecting === true;
    this.#changed();
  }

  #move(input: WidgetInput, cause = ''): void {
    const next = nextState(this.state, input);
    if (next === this.state) return;
    this.#snapshot.state = next;
    if (next === 'idle') {
      this.#snapshot = { state: 'idle', muted: false, held: false, reconnecting: false, digits: '' };
    }
    this.#host.changed(next, cause, this.#callId);
    this.#changed();
  }
}

function requestOf(options: CallOptions, visitor: Readonly<Record<string, string>>, language: string): SessionRequest {
  const request: SessionRequest = { lang: language, page: location.href };
  if (Object.keys(visitor).length > 0) request.visitor = visitor;
  if (options.signature) request.signature = options.signature;
  if (options.timestamp !== undefined) request.timestamp = options.timestamp;
  return request;
}

/** What the phone core says went wrong, as a visitor sees it. */
export function failureOfCall(failure: Failure): WidgetFailure {
  switch (failure) {
    case 'microphone-refused':
    case 'microphone-missing':
    case 'microphone-busy':
    case 'busy':
    case 'declined':
    case 'no-answer':
    case 'unavailable':
    case 'no-common-codec':
    case 'network-lost':
    case 'server-error':
      return failure;
    case 'overloaded':
      return 'all-busy';
    case 'not-found':
      return 'unavailable';
    case 'forbidden':
      return 'not-allowed';
    default:
      return 'failed';
  }
}
