import JsSIP from 'jssip';
import { callOptions, JsSipCall } from '../adapters/jssip-call.js';
import { Signal } from '../core/events.js';
import type { Microphone } from '../core/ports.js';
import type { LineEvent } from './line-event.js';
import type { SessionAnswer } from './types.js';

// Codes after which coming back is no use: the call is over, not ours any more, or never began.
const final = new Set([1000, 4401, 4403, 4408, 4409, 4429]);

/** The neutral target: where the call goes, the gateway knows from the token. */
const target = 'sip:call@gateway';

/**
 * SIP over the widget's WebSocket: one call. The token opens the first connection, the resume credential each later one, so
 * that a call outlives a change of network.
 */
export class WidgetLine {
  readonly events = new Signal<LineEvent>((error) => console.error(error));
  readonly #session: SessionAnswer;
  readonly #ua: JsSIP.UA;
  #stopped = false;

  constructor(session: SessionAnswer) {
    this.#session = session;
    const socket = new ResumingSocket(session, (code) => this.#onClosed(code));
    this.#ua = new JsSIP.UA({
      sockets: [socket as unknown as JsSIP.Socket],
      uri: 'sip:visitor@gateway.invalid',
      register: false,
      session_timers: true,
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 8,
      user_agent: 'Gateway widget',
    });
    this.#ua.on('connected', () => this.events.emit({ type: 'connected' }));
  }

  get isConnected(): boolean {
    return this.#ua.isConnected();
  }

  start(): void {
    this.#ua.start();
  }

  call(microphone: Microphone): JsSipCall {
    return new JsSipCall(this.#ua.call(target, callOptions(microphone, this.#session.iceServers)));
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#ua.stop();
  }

  #onClosed(code: number): void {
    if (this.#stopped) return;
    if (final.has(code)) {
      this.stop();
      this.events.emit({ type: 'over', code });
    } else {
      this.events.emit({ type: 'lost' });
    }
  }
}

/** JsSIP's socket interface over a WebSocket whose address changes after the first time. */
class ResumingSocket {
  readonly via_transport = 'WSS';
  readonly url: string;
  readonly sip_uri: string;
  onconnect: () => void = () => {};
  ondisconnect: (error: boolean, code?: number, reason?: string) => void = () => {};
  ondata: (data: string) => void = () => {};

  readonly #session: SessionAnswer;
  readonly #closed: (code: number) => void;
  #socket: WebSocket | undefined;
  #wasOpen = false;

  constructor(session: SessionAnswer, closed: (code: number) => void) {
    this.#session = session;
    this.#closed = closed;
    this.url = session.wss;
    this.sip_uri = `sip:${new URL(session.wss.replace(/^ws/, 'http')).host};transport=ws`;
  }

  connect(): void {
    if (this.#socket && this.#socket.readyState <= WebSocket.OPEN) return;
    const { wss, token, resume } = this.#session;
    const socket = new WebSocket(`${wss}?${this.#wasOpen ? `resume=${resume}` : `token=${token}`}`, 'sip');
    this.#socket = socket;
    socket.onopen = () => {
      this.#wasOpen = true;
      this.onconnect();
    };
    socket.onmessage = (event) => {
      if (typeof event.data === 'string') this.ondata(event.data);
    };
    socket.onclose = (event) => {
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      this.#closed(event.code);
      this.ondisconnect(!event.wasClean, event.code, event.reason);
    };
  }

  disconnect(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }

  send(message: string): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(message);
    return true;
  }

  isConnected(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  isConnecting(): boolean {
    return this.#socket?.readyState === WebSocket.CONNECTING;
  }
}
