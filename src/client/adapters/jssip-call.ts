import type { RTCSession } from 'jssip/lib/RTCSession.js';
import { Signal } from '../core/events.js';
import type { Microphone, Party, RemoteAudio, SignalingCall, SignalingCallEvent, TransferProgress } from '../core/ports.js';

/** A microphone of this browser, as the audio adapter made it. */
export interface BrowserMicrophone extends Microphone {
  readonly stream: MediaStream;
}

export interface BrowserAudio extends RemoteAudio {
  readonly stream: MediaStream;
}

interface SessionEnd {
  originator: Party;
  cause: string;
  message: { status_code?: number } | null;
}

interface TerminateOptions {
  cause?: string;
  status_code?: number;
  reason_phrase?: string;
}

/** What of JsSIP's session is needed here beyond its type declarations. */
type Session = Omit<RTCSession, 'on' | 'terminate'> & {
  on(event: string, listener: (data: never) => void): void;
  terminate(options?: TerminateOptions): void;
  _localHold: boolean;
};

// Gathering host candidates takes a few ms; a network that holds it up does not hold up the call.
const gatheringLimit = 1000;

/** Some of these would end the call in JsSIP, where we mean to go on with it. */
const refusals = new Set(['Hold Failed', 'Unhold Failed', 'Media Renegotiation Failed']);

export function callOptions(microphone: Microphone, iceServers: readonly unknown[]) {
  return {
    mediaStream: (microphone as BrowserMicrophone).stream,
    mediaConstraints: { audio: true, video: false },
    pcConfig: {
      iceServers: [...iceServers] as RTCIceServer[],
      bundlePolicy: 'max-bundle' as const,
      rtcpMuxPolicy: 'require' as const,
    },
    // Long enough that the gateway refreshes, not a page in a throttled background tab.
    sessionTimersExpires: 1800,
  };
}

/** One JsSIP session behind SignalingCall, with the behaviours that a call must have and the library has not. */
export class JsSipCall implements SignalingCall {
  readonly events = new Signal<SignalingCallEvent>((error) => console.error(error));
  readonly id: string;
  readonly direction: 'outgoing' | 'incoming';
  readonly remoteUser: string;
  readonly remoteName: string;

  readonly #session: Session;
  #keepAlive = false;
  #renegotiation: ((accepted: boolean) => void) | undefined;
  #ended = false;

  constructor(session: RTCSession) {
    this.#session = session as unknown as Session;
    this.id = session.id;
    this.direction = session.direction === 'incoming' ? 'incoming' : 'outgoing';
    this.remoteUser = session.remote_identity?.uri?.user ?? '';
    this.remoteName = session.remote_identity?.display_name ?? '';
    this.#guardTerminate();
    this.#listen();
    // On outgoing calls the connection is made before anyone can listen for it.
    if (session.connection) this.#watch(session.connection);
  }

  answer(microphone: Microphone, iceServers: readonly unknown[]): void {
    this.#try(() => this.#session.answer(callOptions(microphone, iceServers)));
  }

  hangUp(status?: number): void {
    this.#try(() => this.#session.terminate(status ? { status_code: status } : {}));
  }

  async hold(on: boolean): Promise<boolean> {
    const accepted = await this.#renegotiate((done) =>
      on ? this.#session.hold({}, done) : this.#session.unhold({}, done),
    );
    // The library has noted the hold already when the refusal comes.
    if (!accepted && !this.#ended) this.#session._localHold = !on;
    return accepted;
  }

  mute(on: boolean): void {
    this.#try(() => (on ? this.#session.mute({ audio: true }) : this.#session.unmute({ audio: true })));
  }

  sendDigit(digit: string): void {
    const sender = this.#session.connection?.getSenders().find((s) => s.track?.kind === 'audio');
    const inBand = sender?.dtmf?.canInsertDTMF === true;
    this.#try(() =>
      this.#session.sendDTMF(digit, {
        duration: 100,
        interToneGap: 70,
        transportType: (inBand ? 'RFC2833' : 'INFO') as never,
      }),
    );
  }

  transfer(target: string, other: SignalingCall | undefined, progress: (progress: TransferProgress) => void): void {
    const failed = (status = 0) => progress({ state: 'failed', status });
    const options = {
      eventHandlers: {
        requestFailed: (data: { response: { status_code?: number } | null }) => failed(data.response?.status_code),
        progress: () => progress({ state: 'ringing' }),
        accepted: () => progress({ state: 'done' }),
        failed: (data: { status_line?: { status_code?: number } }) => failed(data.status_line?.status_code),
      },
      ...(other instanceof JsSipCall ? { replaces: other.#session } : {}),
    };
    let asked = false;
    this.#try(() => (asked = this.#session.refer(target, options as never) !== undefined));
    if (!asked) failed();
  }

  async replaceMicrophone(microphone: Microphone): Promise<void> {
    const track = (microphone as BrowserMicrophone).stream.getAudioTracks()[0] ?? null;
    const sender = this.#session.connection?.getSenders().find((s) => s.track === null || s.track.kind === 'audio');
    const wasEnabled = sender?.track?.enabled ?? true;
    if (track) track.enabled = wasEnabled;
    await sender?.replaceTrack(track);
  }

  restartMedia(): Promise<boolean> {
    return this.#renegotiate((done) => this.#session.renegotiate({ rtcOfferConstraints: { iceRestart: true } }, done));
  }

  keepAlive(on: boolean): void {
    this.#keepAlive = on;
  }

  /** The socket closed under an incoming call: JsSIP keeps a session that can no longer be answered. */
  forget(): void {
    this.#end({ type: 'ended', by: 'system', status: 0, cause: 'Connection Error' });
    this.#try(() => this.#session.terminate());
  }

  get connection(): RTCPeerConnection | undefined {
    return this.#session.connection as RTCPeerConnection | undefined;
  }

  /**
   * JsSIP hangs up when a hold or an ICE restart is refused, when media times out, and when a request finds no socket. A call
   * that talks goes on in all these cases: its media is the judge of it, and signalling comes back.
   */
  #guardTerminate(): void {
    const session = this.#session;
    const terminate = session.terminate.bind(session);
    session.terminate = (options: TerminateOptions = {}) => {
      if (options.reason_phrase && refusals.has(options.reason_phrase)) {
        void this.#rollBack();
        return;
      }
      if (options.cause === 'RTP Timeout' && (this.#keepAlive || session.isEstablished())) return;
      if (options.cause === 'Connection Error' && session.isEstablished()) {
        this.#renegotiation?.(false);
        return;
      }
      terminate(options);
    };
  }

  async #rollBack(): Promise<void> {
    const connection = this.connection;
    if (connection?.signalingState === 'have-local-offer') {
      await connection.setLocalDescription({ type: 'rollback' }).catch(() => {});
    }
    this.#renegotiation?.(false);
  }

  #renegotiate(start: (done: () => void) => boolean): Promise<boolean> {
    this.#renegotiation?.(false);
    return new Promise((resolve) => {
      const settle = (accepted: boolean) => {
        if (this.#renegotiation !== settle) return;
        this.#renegotiation = undefined;
        clearTimeout(limit);
        resolve(accepted);
      };
      const limit = setTimeout(() => settle(false), 10000);
      this.#renegotiation = settle;
      let started = false;
      this.#try(() => (started = start(() => settle(true))));
      if (!started) settle(false);
    });
  }

  #listen(): void {
    const session = this.#session;
    session.on('peerconnection', (data: { peerconnection: RTCPeerConnection }) => this.#watch(data.peerconnection));
    session.on('progress', (data: { originator: Party; response?: { status_code: number; body?: string } }) => {
      if (data.originator !== 'remote' || !data.response) return;
      this.events.emit({ type: 'progress', status: data.response.status_code, early: !!data.response.body });
    });
    session.on('accepted', () => this.events.emit({ type: 'accepted' }));
    session.on('hold', (data: { originator: Party }) => this.#onHold(data.originator, true));
    session.on('unhold', (data: { originator: Party }) => this.#onHold(data.originator, false));
    session.on('ended', (data: SessionEnd) => this.#onEnd(data));
    session.on('failed', (data: SessionEnd) => this.#onEnd(data));
    let timer: ReturnType<typeof setTimeout> | undefined;
    session.on('icecandidate', (data: { ready: () => void }) => {
      timer ??= setTimeout(() => {
        timer = undefined;
        data.ready();
      }, gatheringLimit);
    });
  }

  #onHold(originator: Party, on: boolean): void {
    if (originator === 'remote') this.events.emit({ type: 'remote-hold', on });
  }

  #onEnd(data: SessionEnd): void {
    const status = data.originator === 'remote' ? (data.message?.status_code ?? 0) : 0;
    this.#end({ type: 'ended', by: data.originator, status, cause: data.cause });
  }

  #end(event: SignalingCallEvent): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#renegotiation?.(false);
    this.events.emit(event);
  }

  #watch(connection: RTCPeerConnection): void {
    connection.addEventListener('track', (event) => {
      const stream = event.streams[0] ?? new MediaStream([event.track]);
      this.events.emit({ type: 'audio', audio: { remote: true, stream } as BrowserAudio });
    });
    // iceConnectionState may stay "disconnected" for ever in Chromium; connectionState does reach "failed".
    connection.addEventListener('connectionstatechange', () =>
      this.events.emit({ type: 'media', state: connection.connectionState }),
    );
  }

  #try(action: () => void): void {
    try {
      action();
    } catch (error) {
      // The library throws when the call is in another state by now; what became of it comes as an event.
      console.debug('call command', error);
    }
  }
}
