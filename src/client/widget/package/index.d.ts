/** Where a visitor's call stands. */
export type WidgetState = 'idle' | 'loading' | 'microphone' | 'connecting' | 'ringing' | 'active' | 'ended' | 'closed' | 'failed';

export type WidgetFailure =
  | 'microphone-refused'
  | 'microphone-missing'
  | 'microphone-busy'
  | 'insecure'
  | 'old-browser'
  | 'not-loaded'
  | 'offline'
  | 'unreachable'
  | 'network-lost'
  | 'busy'
  | 'all-busy'
  | 'declined'
  | 'no-answer'
  | 'unavailable'
  | 'disabled'
  | 'limit'
  | 'captcha'
  | 'not-allowed'
  | 'no-common-codec'
  | 'server-error'
  | 'failed';

export interface GwCallOptions {
  widgetId?: string;
  /** Origin of the gateway, e.g. https://gw.example. */
  gateway?: string;
  label?: string;
  lang?: string;
  theme?: string;
  position?: string;
}

export interface CallOptions {
  /** Visitor data; joins the data- attributes. */
  context?: Readonly<Record<string, string>>;
  /** Lower-case hex, made by the page's server. */
  signature?: string;
  /** Unix seconds that the signature was made at. */
  timestamp?: number;
}

export interface SessionAnswer {
  token: string;
  wss: string;
  iceServers: readonly unknown[];
  /** Seconds that the token is good for. */
  expires: number;
  resume: string;
  policy: { maxSeconds: number };
}

export interface SessionRequest {
  visitor?: Readonly<Record<string, string>>;
  signature?: string;
  timestamp?: number;
  captcha?: string;
  lang: string;
  page: string;
}

export interface CaptchaChallenge {
  kind: string;
  challenge?: string;
  bits?: number;
}

export interface CallbackRequest {
  number: string;
  at: string;
  context: Readonly<Record<string, string>>;
}

export interface StateDetail {
  state: WidgetState;
  callId: string;
  cause: string;
}

export interface QualityDetail {
  /** 1 to 4.5. */
  mos: number;
  warnings: readonly string[];
}

export interface GwCallEventMap {
  'gw-ready': CustomEvent<object>;
  /** Cancelable. */
  'gw-before-call': CustomEvent<object>;
  'gw-state': CustomEvent<StateDetail>;
  'gw-quality': CustomEvent<QualityDetail>;
  'gw-ended': CustomEvent<{ duration: number; cause: string }>;
  'gw-error': CustomEvent<{ code: WidgetFailure }>;
}

export declare class GwCall extends HTMLElement {
  constructor(options?: GwCallOptions);
  readonly state: WidgetState;
  tokenProvider: ((request: SessionRequest) => Promise<SessionAnswer | string>) | undefined;
  captcha: ((challenge: CaptchaChallenge) => Promise<string>) | undefined;
  callbackHandler: ((request: CallbackRequest) => Promise<void>) | undefined;
  call(options?: CallOptions): Promise<void>;
  hangup(): Promise<void>;
  mute(on?: boolean): void;
  sendDtmf(digits: string): void;
  requestCallback(request: { number: string; at?: string }): Promise<void>;
  addEventListener<K extends keyof GwCallEventMap>(type: K, listener: (event: GwCallEventMap[K]) => void, options?: boolean | AddEventListenerOptions): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void;
}

declare global {
  interface HTMLElementTagNameMap {
    'gw-call': GwCall;
  }
}
