import { make, picture, styleSheet } from './dom.js';
import { loaderWords } from './loader-words.js';
import { buttonCss } from './sheet.js';
import { isLive, type WidgetState } from './states.js';
import type { CallbackHandler, CallOptions, CaptchaSolver, Conversation, PhoneCore, StateDetail, TokenProvider, WidgetFailure, WidgetHost } from './types.js';

/** How the element gets its phone, and which gateway it belongs to when it does not say so itself. */
export interface Delivery {
  load(): Promise<PhoneCore>;
  readonly gateway: string;
}

let delivery: Delivery | undefined;

export function deliver(by: Delivery): void {
  delivery = by;
}

export interface GwCallOptions {
  widgetId?: string;
  gateway?: string;
  label?: string;
  lang?: string;
  theme?: string;
  position?: string;
}

const frameworks = /^(v-|react|testid|astro-|svelte-|ng-)/;

function isField(name: string, value: string): boolean {
  return !frameworks.test(name) && /^[a-z][a-z0-9-]{0,39}$/i.test(name) && value.length <= 200 && !/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(value);
}

const attributes = ['label', 'lang', 'widget-id'] as const;

// Node and other servers render the page, not the call.
const Base = (globalThis.HTMLElement ?? class {}) as typeof HTMLElement;

/**
 * <gw-call widget-id="w_…">: a button that calls. It shows itself and nothing else until it is clicked: no request, no cookie,
 * no storage, no question for the microphone. Where the call goes, only the gateway knows.
 */
export class GwCall extends Base {
  static readonly observedAttributes: readonly string[] = attributes;

  /** Private mode: how the page's own server gives a session. */
  tokenProvider: TokenProvider | undefined;
  /** Solves a captcha of a kind that the widget does not know itself. */
  captcha: CaptchaSolver | undefined;
  /** Takes a visitor's number when nobody can answer. */
  callbackHandler: CallbackHandler | undefined;

  readonly #root: ShadowRoot;
  readonly #button: HTMLButtonElement;
  readonly #label: HTMLElement;
  readonly #host: WidgetHost;
  #conversation: Conversation | undefined;
  #loading: Promise<Conversation> | undefined;
  #state: WidgetState = 'idle';
  #lastOptions: CallOptions = {};

  constructor(options: GwCallOptions = {}) {
    super();
    this.#root = this.attachShadow({ mode: 'open' });
    this.#root.adoptedStyleSheets = [styleSheet(buttonCss)];
    this.#label = make('span');
    this.#button = make('button', { type: 'button', class: 'button', part: 'button', 'data-testid': 'widget-call' }, picture('phone'), this.#label);
    this.#button.addEventListener('click', () => void this.call());
    this.#root.append(this.#button);
    this.#host = this.#hostOf();
    this.#pending = options;
  }

  // A constructor may not set attributes when the parser made the element; they follow when it is shown or called.
  #pending: GwCallOptions;

  get state(): WidgetState {
    return this.#state;
  }

  connectedCallback(): void {
    this.#apply();
    // "auto" is no language: what it stands for goes into the attribute, for screen readers too.
    if (this.getAttribute('lang') === 'auto') this.setAttribute('lang', this.#language());
    this.#show();
    this.#send('gw-ready', {});
  }

  disconnectedCallback(): void {
    // Moved about in the page it lives on; taken out of it, nobody could hang up any more.
    setTimeout(() => {
      if (!this.isConnected) void this.hangup();
    }, 1000);
  }

  attributeChangedCallback(): void {
    this.#show();
  }

  /** Places the call, as a click does. Does nothing while one is on. */
  async call(options: CallOptions = {}): Promise<void> {
    this.#apply();
    if (isLive(this.#state) || this.#loading) return;
    if (!this.#send('gw-before-call', {}, true)) return;
    this.#lastOptions = options;
    this.#clearNote();
    const hopeless = this.#hopeless();
    if (hopeless) {
      this.#note(hopeless);
      return;
    }
    this.#button.setAttribute('aria-busy', 'true');
    this.#setState('loading', '', '');
    try {
      this.#loading = this.#open();
      this.#conversation = await this.#loading;
    } catch (error) {
      console.error(error);
      this.#note('not-loaded');
      return;
    } finally {
      this.#loading = undefined;
      this.#button.removeAttribute('aria-busy');
    }
    // Given up while it was loaded.
    if (this.#state !== 'loading') return;
    const signature = options.signature ?? this.getAttribute('signature');
    const timestamp = options.timestamp ?? (this.hasAttribute('timestamp') ? Number(this.getAttribute('timestamp')) : undefined);
    await this.#conversation.start({ ...(signature ? { signature } : {}), ...(timestamp !== undefined ? { timestamp } : {}) }, this.#visitor(options));
  }

  async hangup(): Promise<void> {
    if (this.#state === 'loading' && this.#conversation?.state !== 'loading') this.#setState('idle', '', '');
    await this.#conversation?.hangup();
  }

  mute(on = true): void {
    this.#conversation?.mute(on);
  }

  sendDtmf(digits: string): void {
    this.#conversation?.sendDtmf(digits);
  }

  async requestCallback(request: { number: string; at?: string }): Promise<void> {
    if (!this.callbackHandler) throw new Error('gw-call: set callbackHandler to take callback requests');
    await this.callbackHandler({ number: request.number, at: request.at ?? 'asap', context: this.#visitor({}) });
  }

  #open(): Promise<Conversation> {
    if (this.#conversation) return Promise.resolve(this.#conversation);
    if (!delivery) return Promise.reject(new Error('gw-call: no phone to load'));
    return delivery.load().then((core) => core.open(this.#host));
  }

  /** What no phone of ours could mend, known before anything is loaded. */
  #hopeless(): WidgetFailure | undefined {
    if (!globalThis.isSecureContext) return 'insecure';
    if (!('RTCPeerConnection' in globalThis) || !navigator.mediaDevices?.getUserMedia) return 'old-browser';
    return navigator.onLine === false ? 'offline' : undefined;
  }

  #visitor(options: CallOptions): Record<string, string> {
    const visitor: Record<string, string> = {};
    for (const { name, value } of this.attributes) {
      // A stray attribute of some framework must not cost the call: what the gateway would refuse is left out.
      if (name.startsWith('data-') && isField(name.slice(5), value)) visitor[name.slice(5)] = value;
    }
    for (const [name, value] of Object.entries(options.context ?? {})) visitor[name] = String(value);
    return visitor;
  }

  #hostOf(): WidgetHost {
    const element = this;
    return {
      root: this.#root,
      get widgetId() {
        return element.getAttribute('widget-id') ?? '';
      },
      get gateway() {
        return (element.getAttribute('gateway') ?? delivery?.gateway ?? '').replace(/\/+$/, '');
      },
      get title() {
        return element.#text();
      },
      get language() {
        return element.#language();
      },
      get treatsSound() {
        return element.getAttribute('audio-processing') !== 'off';
      },
      get callback() {
        return element.getAttribute('callback') ?? 'when-closed';
      },
      get tokenProvider() {
        return element.tokenProvider;
      },
      get captcha() {
        return element.captcha;
      },
      get callbackHandler() {
        return element.callbackHandler;
      },
      changed: (state, cause, callId) => this.#setState(state, cause, callId),
      emit: (type, detail) => void this.#send(type, detail),
      again: () => void this.call(this.#lastOptions),
    };
  }

  #setState(state: WidgetState, cause: string, callId: string): void {
    if (state === this.#state) return;
    this.#state = state;
    const isShown = state !== 'idle' && state !== 'loading';
    // The panel stands in the button's place; its end gives the focus back.
    const hadFocus = this.#root.activeElement !== null;
    this.#button.hidden = isShown;
    if (state === 'idle' && hadFocus) this.#button.focus({ preventScroll: true });
    this.#send('gw-state', { state, cause, callId } satisfies StateDetail);
  }

  #note(failure: WidgetFailure): void {
    this.#clearNote();
    const { what, advice } = loaderWords(this.#language()).failures[failure as 'insecure'] ?? { what: failure, advice: '' };
    this.#root.append(make('span', { class: 'note', part: 'note', role: 'alert', 'data-testid': 'widget-note' }, make('b', {}, what), advice));
    this.#setState('failed', failure, '');
    this.#button.hidden = false;
    this.#send('gw-error', { code: failure });
  }

  #clearNote(): void {
    this.#root.querySelector('.note')?.remove();
  }

  #apply(): void {
    const { widgetId, gateway, label, lang, theme, position } = this.#pending;
    this.#pending = {};
    for (const [name, value] of Object.entries({ 'widget-id': widgetId, gateway, label, lang, theme, position })) {
      if (value !== undefined) this.setAttribute(name, value);
    }
  }

  #show(): void {
    if (this.#label.textContent !== this.#text()) this.#label.textContent = this.#text();
  }

  #text(): string {
    return this.getAttribute('label') || loaderWords(this.#language()).call;
  }

  #language(): string {
    const own = this.getAttribute('lang');
    if (own && own !== 'auto') return own;
    return this.parentElement?.closest('[lang]')?.getAttribute('lang') || navigator.language || 'en';
  }

  #send(type: string, detail: unknown, cancelable = false): boolean {
    return this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true, cancelable }));
  }
}

export function define(): void {
  if (globalThis.customElements && !customElements.get('gw-call')) customElements.define('gw-call', GwCall);
}
