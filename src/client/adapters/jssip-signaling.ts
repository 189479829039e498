import JsSIP from 'jssip';
import type { RTCSession } from 'jssip/lib/RTCSession.js';
import { Signal } from '../core/events.js';
import type { Microphone, PhoneSession, SignalingCall, SignalingEvent, SignalingPort } from '../core/ports.js';
import { callOptions, JsSipCall } from './jssip-call.js';

interface Response {
  status_code: number;
  getHeader(name: string): string | undefined;
}

/** JsSIP behind SignalingPort. Its own registering is off: Registration decides when, with which token, and how often. */
export class JsSipSignaling implements SignalingPort {
  readonly events = new Signal<SignalingEvent>((error) => console.error(error));

  readonly #instanceId: string;
  #ua: JsSIP.UA | undefined;
  #url = '';
  #aor = '';
  readonly #incoming = new Set<JsSipCall>();

  constructor(instanceId: string) {
    this.#instanceId = instanceId;
  }

  start(session: PhoneSession): void {
    if (this.#ua && this.#url === session.url && this.#aor === session.aor) {
      // Already there: only the REGISTER is to be tried again. While the socket is down, it comes with the reconnect.
      if (this.#ua.isConnected()) this.events.emit({ type: 'connected' });
      return;
    }
    this.stop();
    this.#url = session.url;
    this.#aor = session.aor;
    const ua = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(session.url)],
      uri: `sip:${session.aor}`,
      display_name: session.displayName,
      authorization_jwt: `Bearer ${session.token}`,
      instance_id: this.#instanceId,
      register: false,
      session_timers: true,
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 30,
      user_agent: 'Gateway softphone',
    });
    this.#ua = ua;
    this.#listen(ua);
    ua.start();
  }

  stop(): void {
    const ua = this.#ua;
    this.#ua = undefined;
    ua?.stop();
  }

  setToken(token: string): void {
    this.#ua?.set('authorization_jwt', `Bearer ${token}`);
  }

  register(): void {
    // UA.register() would also register by itself after every reconnect, with whatever token is there.
    (this.#ua?.registrator() as unknown as { register(): void } | undefined)?.register();
  }

  call(target: string, microphone: Microphone, iceServers: readonly unknown[]): SignalingCall {
    if (!this.#ua) throw new Error('not started');
    return new JsSipCall(this.#ua.call(target, callOptions(microphone, iceServers)));
  }

  #listen(ua: JsSIP.UA): void {
    const on = (type: string, listener: (data: never) => void) =>
      (ua.on as (type: string, listener: (data: never) => void) => void).call(ua, type, (data: never) => {
        // A stopped UA still talks while it says good-bye.
        if (this.#ua === ua) listener(data);
      });
    on('connecting', () => this.events.emit({ type: 'connecting' }));
    on('connected', () => this.events.emit({ type: 'connected' }));
    on('disconnected', (data: { code?: number }) => {
      for (const call of [...this.#incoming]) call.forget();
      this.events.emit({ type: 'disconnected', code: data.code ?? 0 });
    });
    on('registered', () => this.events.emit({ type: 'registered' }));
    on('registrationExpiring', () => this.events.emit({ type: 'registration-expiring' }));
    on('registrationFailed', (data: { response: Response | null }) => {
      const retryAfter = Number.parseInt(data.response?.getHeader('retry-after') ?? '', 10);
      this.events.emit({
        type: 'registration-failed',
        status: data.response?.status_code ?? 0,
        retryAfter: Number.isFinite(retryAfter) ? retryAfter : 0,
      });
    });
    on('newRTCSession', (data: { originator: string; session: RTCSession }) => {
      if (data.originator !== 'remote') return;
      const call = new JsSipCall(data.session);
      this.#incoming.add(call);
      call.events.subscribe((event) => {
        if (event.type === 'accepted' || event.type === 'ended') this.#incoming.delete(call);
      });
      this.events.emit({ type: 'incoming', call });
    });
  }
}
