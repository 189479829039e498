import type { Failure } from './failures.js';
import { type Clock, type PhoneSession, type SessionPort, SessionError, type SignalingPort } from './ports.js';

export type RegistrationState = 'stopped' | 'connecting' | 'registered' | 'offline' | 'failed';

export interface RegistrationSnapshot {
  state: RegistrationState;
  failure?: Failure;
  /** Seconds until the next try, when one is planned. */
  retryIn?: number;
}

// The gateway refuses after the socket is open, with codes of its own: HTTP statuses of an upgrade are invisible to pages.
const closeToken = 4401;
const closePolicy = 4403;
const closeSuperseded = 4409;
const closeRate = 4429;

const firstRetry = 2000;
const longestRetry = 60000;

/**
 * Keeps the phone registered: gets a fresh token before every REGISTER, retries with Retry-After, and stops where trying
 * again cannot help. The signalling library does none of this: it never retries a REGISTER and reconnects for ever.
 */
export class Registration {
  session: PhoneSession | undefined;

  readonly #signaling: SignalingPort;
  readonly #sessions: SessionPort;
  readonly #clock: Clock;
  readonly #changed: () => void;
  readonly #inCall: () => boolean;
  #stopWhenIdle = false;
  #snapshot: RegistrationSnapshot = { state: 'stopped' };
  #tries = 0;
  #cancelRetry: () => void = () => {};
  #started = false;
  #turn = 0;

  constructor(signaling: SignalingPort, sessions: SessionPort, clock: Clock, inCall: () => boolean, changed: () => void) {
    this.#signaling = signaling;
    this.#sessions = sessions;
    this.#clock = clock;
    this.#inCall = inCall;
    this.#changed = changed;
    signaling.events.subscribe((event) => {
      switch (event.type) {
        case 'connecting':
          if (this.#started && this.#snapshot.state !== 'offline') this.#set({ state: 'connecting' });
          break;
        case 'connected':
        case 'registration-expiring':
          void this.#register();
          break;
        case 'registered':
          this.#tries = 0;
          this.#cancelRetry();
          this.#set({ state: 'registered' });
          break;
        case 'registration-failed':
          this.#onFailed(event.status, event.retryAfter);
          break;
        case 'disconnected':
          this.#onDisconnected(event.code);
          break;
        case 'incoming':
          break;
      }
    });
  }

  get snapshot(): RegistrationSnapshot {
    return this.#snapshot;
  }

  /** Connects and registers. Safe to call again: a running attempt is overtaken. */
  async start(): Promise<void> {
    this.#cancelRetry();
    const turn = ++this.#turn;
    this.#stopWhenIdle = false;
    this.#set({ state: 'connecting' });
    const session = await this.#openSession();
    if (!session || turn !== this.#turn) return;
    this.#started = true;
    this.#signaling.start(session);
  }

  /** Stops trying. With a failure the signalling is kept for the sake of a running call, until that has ended. */
  stop(failure?: Failure): void {
    this.#turn++;
    this.#cancelRetry();
    this.#started = false;
    if (failure && this.#inCall()) this.#stopWhenIdle = true;
    else this.#signaling.stop();
    this.#set(failure ? { state: 'failed', failure } : { state: 'stopped' });
  }

  /** The last call has ended. */
  idle(): void {
    if (!this.#stopWhenIdle) return;
    this.#stopWhenIdle = false;
    this.#signaling.stop();
  }

  /** Before a request that carries the token: gets a new one when the held one is about to end. */
  async freshToken(): Promise<boolean> {
    if (this.session && this.session.tokenExpiresAt - this.#clock.now() > 5000) return true;
    return (await this.#openSession()) !== undefined;
  }

  async #register(): Promise<void> {
    const turn = ++this.#turn;
    const session = await this.#openSession();
    // A newer attempt, or a stop, may have overtaken this one while the token was fetched.
    if (!session || turn !== this.#turn || !this.#started) return;
    this.#signaling.register();
  }

  async #openSession(): Promise<PhoneSession | undefined> {
    try {
      const session = await this.#sessions.open();
      this.session = session;
      this.#signaling.setToken(session.token);
      return session;
    } catch (error) {
      if (error instanceof SessionError && error.kind === 'signed-out') {
        this.stop('signed-out');
      } else {
        this.#retry('network-lost', 0);
      }
      return undefined;
    }
  }

  #onFailed(status: number, retryAfter: number): void {
    if (status === 403) {
      this.stop('forbidden');
      return;
    }
    // 401: the token was refused. The next try brings a new one at once; if that fails too, it waits like any other.
    if (status === 401 && this.#tries === 0) {
      this.#tries = 1;
      void this.#register();
      return;
    }
    this.#retry(failureOfRegistration(status), retryAfter);
  }

  #onDisconnected(code: number): void {
    if (!this.#started) return;
    switch (code) {
      case closeToken:
        this.#comeBack('failed', 1);
        return;
      case closePolicy:
        this.stop('refused-by-policy');
        return;
      case closeSuperseded:
        this.stop('used-elsewhere');
        return;
      case closeRate:
        this.#comeBack('overloaded', 30);
        return;
      default:
        // The library reconnects by itself, with its own back-off.
        this.#set({ state: 'offline', failure: 'network-lost' });
    }
  }

  /** Leaves and comes back later; in a call the library's own reconnecting is left to it, because leaving would end the call. */
  #comeBack(failure: Failure, seconds: number): void {
    if (this.#inCall()) {
      this.#set({ state: 'offline', failure });
      return;
    }
    this.#signaling.stop();
    this.#retry(failure, seconds);
  }

  #retry(failure: Failure, retryAfter: number): void {
    const wait = Math.max(retryAfter * 1000, Math.min(longestRetry, firstRetry * 2 ** this.#tries));
    this.#tries = Math.min(this.#tries + 1, 10);
    this.#cancelRetry();
    this.#set({ state: 'offline', failure, retryIn: Math.ceil(wait / 1000) });
    this.#cancelRetry = this.#clock.after(wait, () => void this.start());
  }

  #set(snapshot: RegistrationSnapshot): void {
    this.#snapshot = snapshot;
    this.#changed();
  }
}

function failureOfRegistration(status: number): Failure {
  if (status === 0) return 'network-lost';
  if (status === 503) return 'overloaded';
  return status >= 500 ? 'server-error' : 'failed';
}
