import { type Failure, failureOfCause, failureOfStatus } from './failures.js';
import type { Clock, MediaState, Microphone, Party, SignalingCall, SignalingCallEvent, TransferProgress } from './ports.js';

export type CallState = 'dialling' | 'ringing' | 'incoming' | 'answering' | 'active' | 'ended';

/** A transfer under way: to whom, and whether its phone rings yet. */
export interface TransferSnapshot {
  target: string;
  state: 'asked' | 'ringing';
}

export interface CallSnapshot {
  id: string;
  direction: 'outgoing' | 'incoming';
  state: CallState;
  remoteUser: string;
  remoteName: string;
  startedAt: number;
  answeredAt?: number;
  endedAt?: number;
  muted: boolean;
  held: boolean;
  remoteHeld: boolean;
  /** A hold or resume is on its way. */
  holdPending: boolean;
  /** The sound is lost and is being brought back. */
  reconnecting: boolean;
  /** The last command did not work; the call goes on. */
  notice?: 'hold-refused' | 'transfer-failed';
  /** The other side is being connected elsewhere; should that fail, the call is taken up again. */
  transfer?: TransferSnapshot;
  endedBy?: Party;
  failure?: Failure;
  digits: string;
  /** The far side plays its own ringing or announcement. */
  earlyMedia: boolean;
}

export type CallInput = 'progress' | 'accepted' | 'answer' | 'ended';

/** The states of a call. An input that a state does not know leaves it as it is. */
export function nextCallState(state: CallState, input: CallInput): CallState {
  switch (`${state}/${input}` as const) {
    case 'dialling/progress':
      return 'ringing';
    case 'dialling/accepted':
    case 'ringing/accepted':
    case 'answering/accepted':
      return 'active';
    case 'incoming/answer':
      return 'answering';
    case 'dialling/ended':
    case 'ringing/ended':
    case 'incoming/ended':
    case 'answering/ended':
    case 'active/ended':
      return 'ended';
    default:
      return state;
  }
}

/** A lost media path that does not come back in this time ends the call. */
export const recoveryLimit = 60000;

const restartInterval = 5000;

/** One call: its state, what the person asked of it, and how it is kept alive when the network changes. */
export class Call {
  readonly signaling: SignalingCall;
  /** Set by whoever opened it; closed with the call. */
  microphone: Microphone | undefined;

  readonly #clock: Clock;
  readonly #changed: (call: Call) => void;
  readonly #canRestart: () => boolean;
  readonly #snapshot: CallSnapshot;
  #hadRung = false;
  #media: MediaState = 'new';
  #cancelTimers: (() => void)[] = [];
  #restarting = false;
  #hangingUp = false;
  #transferEnded: (() => void) | undefined;

  constructor(signaling: SignalingCall, clock: Clock, canRestart: () => boolean, changed: (call: Call) => void) {
    this.signaling = signaling;
    this.#clock = clock;
    this.#canRestart = canRestart;
    this.#changed = changed;
    this.#snapshot = {
      id: signaling.id,
      direction: signaling.direction,
      state: signaling.direction === 'outgoing' ? 'dialling' : 'incoming',
      remoteUser: signaling.remoteUser,
      remoteName: signaling.remoteName,
      startedAt: clock.now(),
      muted: false,
      held: false,
      remoteHeld: false,
      holdPending: false,
      reconnecting: false,
      digits: '',
      earlyMedia: false,
    };
    signaling.events.subscribe((event) => this.#on(event));
  }

  get id(): string {
    return this.signaling.id;
  }

  get state(): CallState {
    return this.#snapshot.state;
  }

  get snapshot(): CallSnapshot {
    return { ...this.#snapshot };
  }

  answer(microphone: Microphone, iceServers: readonly unknown[]): void {
    if (this.state !== 'answering') {
      microphone.close();
      return;
    }
    this.microphone = microphone;
    this.signaling.answer(microphone, iceServers);
  }

  /** The person pressed answer; the microphone opens next. */
  beginAnswer(): boolean {
    if (this.state !== 'incoming') return false;
    this.#move('answer');
    return true;
  }

  hangUp(status?: number): void {
    if (this.state === 'ended' || this.#hangingUp) return;
    this.#hangingUp = true;
    this.signaling.keepAlive(false);
    this.signaling.hangUp(status);
    // A far side that cannot be reached must not keep the page in a call.
    if (!this.#isEnded()) this.#later(2000, () => this.end('local', 0, 'Terminated'));
  }

  async hold(on: boolean): Promise<void> {
    const s = this.#snapshot;
    if (s.state !== 'active' || s.held === on || s.holdPending || s.reconnecting) return;
    s.holdPending = true;
    delete s.notice;
    this.#changed(this);
    const accepted = await this.signaling.hold(on);
    s.holdPending = false;
    if (accepted) s.held = on;
    else if (this.state === 'active') s.notice = 'hold-refused';
    this.#changed(this);
  }

  /**
   * Gives the other side to someone else. It waits on hold; when the new target does not answer, it is back as before.
   * True when it went, and this side has nothing left to do but leave.
   */
  async transfer(target: string, label: string, other?: Call): Promise<boolean> {
    const s = this.#snapshot;
    if (s.state !== 'active' || s.transfer || s.reconnecting) return false;
    const wasHeld = s.held;
    delete s.notice;
    s.transfer = { target: label, state: 'asked' };
    this.#changed(this);
    if (!wasHeld) await this.hold(true);
    const outcome = await new Promise<TransferProgress>((resolve) => {
      this.#transferEnded = () => resolve({ state: 'failed', status: 0 });
      this.signaling.transfer(target, other?.signaling, (progress) => {
        if (progress.state !== 'ringing') resolve(progress);
        else if (s.transfer) {
          s.transfer.state = 'ringing';
          this.#changed(this);
        }
      });
    });
    this.#transferEnded = undefined;
    delete s.transfer;
    // The gateway may have ended our side already: then it went.
    if (outcome.state === 'done' || this.#isEnded()) {
      this.hangUp();
      return true;
    }
    s.notice = 'transfer-failed';
    this.#changed(this);
    if (!wasHeld) {
      await this.hold(false);
      // Taking it up again clears no notice: why it is back stays to be read.
      if (!this.#isEnded()) s.notice = 'transfer-failed';
      this.#changed(this);
    }
    return false;
  }

  mute(on: boolean): void {
    if (this.state === 'ended' || this.#snapshot.muted === on) return;
    this.#snapshot.muted = on;
    this.signaling.mute(on);
    this.#changed(this);
  }

  sendDigit(digit: string): void {
    if (this.state !== 'active' && this.state !== 'ringing') return;
    this.#snapshot.digits = (this.#snapshot.digits + digit).slice(-32);
    this.signaling.sendDigit(digit);
    this.#changed(this);
  }

  /** Registration is back: what waited for signalling can go on. */
  signalingRestored(): void {
    if (this.#snapshot.reconnecting) void this.#restart();
  }

  /** The socket closed: a call that was not yet answered cannot be saved by this side. */
  signalingLost(): void {
    if (this.state === 'incoming' || this.state === 'answering') this.end('system', 0, 'Connection Error');
  }

  /** Ends it here, whatever signalling says later. */
  end(by: Party, status: number, cause: string): void {
    const s = this.#snapshot;
    if (s.state === 'ended') return;
    const wasActive = s.state === 'active';
    this.#cancelAll();
    s.endedBy = by;
    s.endedAt = this.#clock.now();
    s.reconnecting = false;
    s.holdPending = false;
    const failure = this.#failureOf(by, status, cause, wasActive);
    if (failure) s.failure = failure;
    this.microphone?.close();
    this.microphone = undefined;
    this.#move('ended');
    this.#transferEnded?.();
  }

  #failureOf(by: Party, status: number, cause: string, wasActive: boolean): Failure | undefined {
    if (this.#hangingUp || cause === 'Canceled' || cause === 'Terminated') return undefined;
    if (this.direction === 'incoming' && !wasActive && by !== 'system') return undefined;
    if (status >= 300) return failureOfStatus(status, this.#hadRung);
    return failureOfCause(cause);
  }

  #isEnded(): boolean {
    return this.#snapshot.state === 'ended';
  }

  get direction(): 'outgoing' | 'incoming' {
    return this.#snapshot.direction;
  }

  #on(event: SignalingCallEvent): void {
    switch (event.type) {
      case 'progress':
        if (event.status > 100) {
          this.#hadRung ||= event.status === 180 || event.status === 183;
          this.#snapshot.earlyMedia ||= event.early;
          this.#move('progress');
        }
        break;
      case 'accepted':
        if (this.state !== 'active' && this.state !== 'ended') {
          this.#snapshot.answeredAt = this.#clock.now();
          this.#move('accepted');
        }
        break;
      case 'ended':
        this.end(event.by, event.status, event.cause);
        break;
      case 'remote-hold':
        this.#snapshot.remoteHeld = event.on;
        this.#changed(this);
        break;
      case 'media':
        this.#onMedia(event.state);
        break;
      case 'audio':
        break;
    }
  }

  #onMedia(state: MediaState): void {
    this.#media = state;
    if (this.state !== 'active') return;
    if (state === 'connected') {
      if (!this.#snapshot.reconnecting) return;
      this.#snapshot.reconnecting = false;
      this.signaling.keepAlive(false);
      this.#cancelAll();
      this.#changed(this);
    } else if (state === 'disconnected' || state === 'failed') {
      if (!this.#snapshot.reconnecting) {
        this.#snapshot.reconnecting = true;
        this.signaling.keepAlive(true);
        this.#later(recoveryLimit, () => {
          this.signaling.keepAlive(false);
          this.signaling.hangUp();
          this.end('system', 0, 'RTP Timeout');
        });
        this.#changed(this);
      }
      // "disconnected" often heals by itself; "failed" never does.
      if (state === 'failed') void this.#restart();
    }
  }

  async #restart(): Promise<void> {
    // A re-INVITE without a registered socket would be a transport error, and that ends the call.
    if (this.#restarting || !this.#snapshot.reconnecting || !this.#canRestart()) return;
    this.#restarting = true;
    const accepted = await this.signaling.restartMedia();
    this.#restarting = false;
    if (this.state !== 'active' || !this.#snapshot.reconnecting) return;
    if (!accepted || this.#media !== 'connected') this.#later(restartInterval, () => void this.#restart());
  }

  #move(input: CallInput): void {
    this.#snapshot.state = nextCallState(this.#snapshot.state, input);
    this.#changed(this);
  }

  #later(ms: number, run: () => void): void {
    this.#cancelTimers.push(this.#clock.after(ms, run));
  }

  #cancelAll(): void {
    for (const cancel of this.#cancelTimers) cancel();
    this.#cancelTimers = [];
  }
}
