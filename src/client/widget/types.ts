import type { WidgetState } from './states.js';

/** What the gateway answers to a page that may call (docs/widget.md). */
export interface SessionAnswer {
  token: string;
  wss: string;
  iceServers: readonly unknown[];
  /** Seconds that the token is good for. */
  expires: number;
  resume: string;
  policy: { maxSeconds: number };
}

/** What the page says of its visitor; signed by the page's server, or not believed. */
export interface CallOptions {
  context?: Readonly<Record<string, string>>;
  signature?: string;
  timestamp?: number;
}

export interface CaptchaChallenge {
  kind: string;
  challenge?: string;
  bits?: number;
}

export interface SessionRequest {
  visitor?: Readonly<Record<string, string>>;
  signature?: string;
  timestamp?: number;
  captcha?: string;
  lang: string;
  page: string;
}

export interface CallbackRequest {
  number: string;
  at: string;
  context: Readonly<Record<string, string>>;
}

/** Private mode: the page's own server asks the gateway and hands the answer on, as an object or as its JSON text. */
export type TokenProvider = (request: SessionRequest) => Promise<SessionAnswer | string>;

export type CaptchaSolver = (challenge: CaptchaChallenge) => Promise<string>;

export type CallbackHandler = (request: CallbackRequest) => Promise<void>;

/** Why there is no call, in terms that a visitor can act on; words.ts has the words. */
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

export interface StateDetail {
  state: WidgetState;
  callId: string;
  cause: string;
}

export interface QualityDetail {
  mos: number;
  warnings: readonly string[];
}

/** The element as the phone core sees it. */
export interface WidgetHost {
  readonly root: ShadowRoot;
  readonly widgetId: string;
  /** Origin of the gateway. */
  readonly gateway: string;
  readonly title: string;
  readonly language: string;
  readonly treatsSound: boolean;
  readonly callback: string;
  readonly tokenProvider: TokenProvider | undefined;
  readonly captcha: CaptchaSolver | undefined;
  readonly callbackHandler: CallbackHandler | undefined;
  /** Moves the state, tells the page, and gives the focus back when there is nothing to show any more. */
  changed(state: WidgetState, cause: string, callId: string): void;
  emit(type: 'gw-quality' | 'gw-ended' | 'gw-error', detail: unknown): void;
  again(): void;
}

/** One attempt to call, from the click to its end; what the phone core gives the element. */
export interface Conversation {
  readonly state: WidgetState;
  start(options: CallOptions, visitor: Readonly<Record<string, string>>): Promise<void>;
  hangup(): Promise<void>;
  mute(on: boolean): void;
  sendDtmf(digits: string): void;
  fail(failure: WidgetFailure): void;
  dismiss(): void;
}

export interface PhoneCore {
  open(host: WidgetHost): Conversation;
}
