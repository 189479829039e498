import type { Signal } from './events.js';

/**
 * What the phone needs of the world. The core knows neither the DOM nor a SIP library: a browser and JsSIP stand behind
 * these ports (adapters/), tests put fakes there, and another signalling library can replace the first.
 */

/** Time, so that tests own it. */
export interface Clock {
  now(): number;
  /** Runs once after `ms`; the answer cancels. */
  after(ms: number, run: () => void): () => void;
}

/** An open microphone. What is inside belongs to the adapters. */
export interface Microphone {
  readonly deviceId: string;
  close(): void;
}

/** The sound that comes from the other side. */
export interface RemoteAudio {
  readonly remote: true;
}

export interface AudioPreferences {
  microphoneId: string;
  speakerId: string;
  /** Where it rings; empty: the system's own. */
  ringerId: string;
  echoCancellation: boolean;
  noiseSuppression: boolean;
  autoGainControl: boolean;
}

export type MicrophoneFault = 'microphone-refused' | 'microphone-missing' | 'microphone-busy';

export class MicrophoneError extends Error {
  readonly fault: MicrophoneFault;

  constructor(fault: MicrophoneFault) {
    super(fault);
    this.fault = fault;
  }
}

export type Tone = 'none' | 'incoming' | 'waiting' | 'ringback' | 'busy';

export interface AudioPort {
  /** A microphone was unplugged, or the system took it away. */
  readonly microphoneLost: Signal<Microphone>;
  /** Rejects with MicrophoneError. */
  openMicrophone(preferences: AudioPreferences): Promise<Microphone>;
  play(callId: string, audio: RemoteAudio): void;
  stop(callId: string): void;
  useSpeaker(deviceId: string): void;
  useRinger(deviceId: string): void;
  tone(tone: Tone): void;
  /** A short sound under a key. */
  keyTone(digit: string): void;
}

/** What the gateway gives a signed-in page: who it is and a short-lived token for SIP. */
export interface PhoneSession {
  aor: string;
  displayName: string;
  url: string;
  token: string;
  /** Clock time in ms after which the token is not to be used. */
  tokenExpiresAt: number;
  iceServers: readonly unknown[];
  echo: string;
  tone: string;
}

export class SessionError extends Error {
  readonly kind: 'signed-out' | 'unreachable';

  constructor(kind: 'signed-out' | 'unreachable') {
    super(kind);
    this.kind = kind;
  }
}

export interface SessionPort {
  /** Rejects with SessionError. */
  open(): Promise<PhoneSession>;
}

export interface PreferencesPort {
  load(): Partial<AudioPreferences>;
  save(preferences: AudioPreferences): void;
}

export type MediaState = 'new' | 'connecting' | 'connected' | 'disconnected' | 'failed' | 'closed';

export type Party = 'local' | 'remote' | 'system';

export type SignalingCallEvent =
  | { type: 'progress'; status: number; early: boolean }
  | { type: 'accepted' }
  | { type: 'ended'; by: Party; status: number; cause: string }
  | { type: 'remote-hold'; on: boolean }
  | { type: 'audio'; audio: RemoteAudio }
  | { type: 'media'; state: MediaState };

/** How a transfer goes: the other side is asked, its new target rings, and it has answered or not. */
export type TransferProgress = { state: 'ringing' | 'done' } | { state: 'failed'; status: number };

/** One call as signalling sees it. Commands never throw; what comes of them is an event or the promise's answer. */
export interface SignalingCall {
  readonly id: string;
  readonly direction: 'outgoing' | 'incoming';
  readonly remoteUser: string;
  readonly remoteName: string;
  readonly events: Signal<SignalingCallEvent>;
  answer(microphone: Microphone, iceServers: readonly unknown[]): void;
  /** Ends the call in whatever state it is; `status` answers an incoming one. */
  hangUp(status?: number): void;
  /** False when the other side refused; the call goes on as before. */
  hold(on: boolean): Promise<boolean>;
  mute(on: boolean): void;
  /** RFC 4733 when the stream can, else SIP INFO. */
  sendDigit(digit: string): void;
  /** Asks the gateway to connect the other side elsewhere: to `target`, or with `other`, a call of ours to it (REFER). */
  transfer(target: string, other: SignalingCall | undefined, progress: (progress: TransferProgress) => void): void;
  replaceMicrophone(microphone: Microphone): Promise<void>;
  /** A new offer with new ICE credentials: the way back after a network change. False when it was refused. */
  restartMedia(): Promise<boolean>;
  /** While on, a media time-out does not end the call. */
  keepAlive(on: boolean): void;
}

export type SignalingEvent =
  | { type: 'connecting' }
  | { type: 'connected' }
  | { type: 'disconnected'; code: number }
  | { type: 'registered' }
  | { type: 'registration-failed'; status: number; retryAfter: number }
  | { type: 'registration-expiring' }
  | { type: 'incoming'; call: SignalingCall };

export interface SignalingPort {
  readonly events: Signal<SignalingEvent>;
  /** Connects; registering waits for `register`. */
  start(session: PhoneSession): void;
  stop(): void;
  setToken(token: string): void;
  register(): void;
  call(target: string, microphone: Microphone, iceServers: readonly unknown[]): SignalingCall;
}
