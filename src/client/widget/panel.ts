import type { ConversationSnapshot, WidgetConversation } from './conversation.js';
import { make, type Picture, picture, styleSheet } from './dom.js';
import { grade } from './quality.js';
import { panelCss } from './sheet.js';
import { isLive } from './states.js';
import { duration, when } from './times.js';
import type { WidgetHost } from './types.js';
import { fill, languageOf, type WidgetLanguage } from './words.js';

const sheet = styleSheet(panelCss);

const digits = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'];

/** Failures that another click cannot mend. */
const hopeless = new Set(['insecure', 'old-browser', 'disabled', 'limit', 'not-allowed']);

/** What a visitor sees of his call, in the element's shadow root. It is built anew when the state changes, else only touched up. */
export class Panel {
  readonly #host: WidgetHost;
  readonly #conversation: WidgetConversation;
  readonly #language: WidgetLanguage;
  readonly #panel: HTMLElement;
  readonly #title: HTMLElement;
  readonly #status: HTMLElement;
  readonly #body: HTMLElement;
  readonly #closer: HTMLButtonElement;
  #shown = '';
  #ticking: ReturnType<typeof setInterval> | undefined;
  #update: (now: Readonly<ConversationSnapshot>) => void = () => {};

  constructor(host: WidgetHost, conversation: WidgetConversation) {
    this.#host = host;
    this.#conversation = conversation;
    this.#language = languageOf(host.language);
    const w = this.#language.words;
    const root = host.root;
    if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
    this.#title = make('div', { class: 'title', part: 'title', tabindex: '-1' }, host.title);
    this.#closer = this.#button('icon', 'close', () => conversation.dismiss(), picture('close'));
    this.#closer.setAttribute('aria-label', w.close);
    this.#status = make('p', { class: 'status', part: 'status', role: 'status' });
    this.#body = make('div');
    this.#panel = make(
      'section',
      { class: 'panel', part: 'panel', 'aria-label': fill(w.dialog, host.title), lang: this.#language.tag },
      make('div', { class: 'head' }, this.#title, this.#closer),
      this.#status,
      this.#body,
    );
    this.#panel.addEventListener('keydown', (event) => this.#onKey(event));
  }

  update(): void {
    const now = this.#conversation.snapshot;
    if (now.state === 'idle') {
      this.#tick(false);
      this.#panel.remove();
      this.#shown = '';
      return;
    }
    const isNew = !this.#panel.isConnected;
    if (isNew) this.#host.root.append(this.#panel);
    const shown = `${now.state}/${now.failure ?? ''}`;
    if (shown !== this.#shown) {
      const hadFocus = this.#panel.contains(this.#host.root.activeElement);
      this.#shown = shown;
      this.#closer.hidden = isLive(now.state);
      this.#body.replaceChildren(...this.#build(now));
      this.#tick(now.state === 'active');
      // What had the focus may be gone with the old state; it must not fall back to the page's top.
      if (isNew || hadFocus) (this.#body.querySelector<HTMLElement>('[data-first]') ?? this.#title).focus({ preventScroll: true });
    }
    this.#say(now);
    this.#update(now);
  }

  #say(now: Readonly<ConversationSnapshot>): void {
    const w = this.#language.words;
    const words =
      now.state === 'active'
        ? now.reconnecting ? w.reconnecting : now.held ? w.held : now.muted ? w.muted : w.active
        : now.state === 'failed'
          ? this.#language.failures[now.failure ?? 'failed'].what
          : now.state === 'loading' ? w.loading
          : now.state === 'microphone' ? w.microphone
          : now.state === 'connecting' ? w.connecting
          : now.state === 'ringing' ? w.ringing
          : now.state === 'closed' ? w.closed
          : w.ended;
    // Only what is new is spoken.
    if (this.#status.textContent !== words) this.#status.textContent = words;
  }

  #build(now: Readonly<ConversationSnapshot>): Node[] {
    const w = this.#language.words;
    this.#update = () => {};
    switch (now.state) {
      case 'microphone':
        return [this.#advice(w.microphoneAdvice), this.#actions(this.#action(w.cancel, 'cancel', () => void this.#conversation.hangup(), false, true))];
      case 'loading':
      case 'connecting':
      case 'ringing':
        return [make('div', { class: 'wait', 'aria-hidden': 'true' }), this.#actions(this.#action(w.cancel, 'cancel', () => void this.#conversation.hangup(), false, true))];
      case 'active':
        return this.#buildActive();
      case 'ended':
        return [
          this.#advice(fill(w.talked, duration((now.endedAt ?? 0) - (now.answeredAt ?? 0)))),
          this.#actions(this.#action(w.again, 'again', () => this.#host.again()), this.#action(w.close, 'dismiss', () => this.#conversation.dismiss(), false, true)),
        ];
      case 'closed': {
        const opens = now.opens ? fill(w.opens, when(now.opens, this.#host.language)) : w.closedAdvice;
        const callback = this.#host.callback !== 'never' && this.#host.callbackHandler ? [this.#callbackForm()] : [];
        return [this.#advice(opens), ...callback, this.#actions(this.#action(w.close, 'dismiss', () => this.#conversation.dismiss(), false, true))];
      }
      default: {
        const failure = now.failure ?? 'failed';
        const retry = hopeless.has(failure) ? [] : [this.#action(w.retry, 'again', () => this.#host.again(), true, true)];
        return [this.#advice(this.#language.failures[failure].advice), this.#actions(...retry, this.#action(w.close, 'dismiss', () => this.#conversation.dismiss(), false, retry.length === 0))];
      }
    }
  }

  #buildActive(): Node[] {
    const w = this.#language.words;
    const dot = make('span', { class: 'dot', part: 'quality', role: 'img', 'data-testid': 'widget-quality' });
    const timer = make('span', { class: 'timer', part: 'timer', role: 'timer', 'aria-live': 'off', 'data-testid': 'widget-timer' });
    const typed = make('div', { class: 'digits', 'aria-live': 'polite' });
    const keys = make('div', { class: 'keys', part: 'keypad', role: 'group', 'aria-label': w.keypad });
    for (const digit of digits) {
      const key = this.#button('key', 'key', () => this.#conversation.sendDtmf(digit), digit);
      key.dataset['key'] = digit;
      if (digit === '*' || digit === '#') key.setAttribute('aria-label', digit === '*' ? w.star : w.hash);
      keys.append(key);
    }
    keys.hidden = typed.hidden = true;
    const mute = this.#control('mute', 'mic', w.mute, () => this.#conversation.mute(!this.#conversation.snapshot.muted));
    mute.setAttribute('aria-pressed', 'false');
    const pad = this.#control('keypad-toggle', 'keys', w.keypad, () => {
      keys.hidden = typed.hidden = !keys.hidden;
      pad.setAttribute('aria-expanded', String(!keys.hidden));
      if (!keys.hidden) keys.querySelector('button')?.focus();
    });
    pad.setAttribute('aria-expanded', 'false');
    const stop = this.#control('hangup', 'end', w.hangUp, () => void this.#conversation.hangup());
    stop.classList.add('stop');
    stop.dataset['first'] = '';
    this.#update = (now) => {
      timer.textContent = duration(Date.now() - (now.answeredAt ?? Date.now()));
      const quality = now.quality ? grade(now.quality.mos) : undefined;
      dot.dataset['grade'] = quality ?? '';
      dot.hidden = !quality;
      if (quality && dot.getAttribute('aria-label') !== w[quality]) {
        dot.setAttribute('aria-label', w[quality]);
        dot.title = w[quality];
      }
      if (typed.textContent !== now.digits) typed.textContent = now.digits;
      if (mute.getAttribute('aria-pressed') !== String(now.muted)) {
        mute.setAttribute('aria-pressed', String(now.muted));
        (mute.firstElementChild as HTMLElement).replaceChildren(picture(now.muted ? 'micOff' : 'mic'));
        (mute.lastChild as Text).data = now.muted ? w.unmute : w.mute;
      }
    };
    return [make('div', { class: 'line' }, dot, timer), typed, keys, make('div', { class: 'controls' }, mute, pad, stop)];
  }

  #callbackForm(): HTMLFormElement {
    const w = this.#language.words;
    const input = make('input', { id: 'number', type: 'tel', autocomplete: 'tel', required: '', maxlength: '32', 'aria-describedby': 'said', 'data-first': '', 'data-testid': 'widget-callback-number' });
    const said = make('p', { id: 'said', role: 'status' });
    const send = make('button', { class: 'action main', part: 'action', 'data-testid': 'widget-callback-send' }, w.callbackSend);
    const form = make('form', { class: 'form', part: 'callback', novalidate: '' }, make('label', { for: 'number' }, w.callbackNumber), input, said, send);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const number = input.value.trim();
      const bad = !/^\+?[0-9 ()./-]{4,}$/.test(number);
      said.className = bad ? 'bad' : '';
      said.textContent = bad ? w.callbackInvalid : '';
      input.toggleAttribute('aria-invalid', bad);
      if (bad) {
        input.focus();
        return;
      }
      send.disabled = true;
      this.#host.callbackHandler?.({ number, at: 'asap', context: {} }).then(
        () => form.replaceChildren(make('p', { role: 'status' }, w.callbackSent)),
        () => {
          send.disabled = false;
          said.className = 'bad';
          said.textContent = w.callbackFailed;
        },
      );
    });
    return form;
  }

  #advice(words: string): HTMLElement {
    return make('p', { class: 'advice', part: 'advice' }, words);
  }

  #actions(...actions: HTMLElement[]): HTMLElement {
    return make('div', { class: 'actions' }, ...actions);
  }

  #action(words: string, name: string, run: () => void, main = true, first = false): HTMLButtonElement {
    const button = this.#button(main ? 'action main' : 'action', name, run, words);
    button.setAttribute('part', 'action');
    if (first) button.dataset['first'] = '';
    return button;
  }

  #control(name: string, image: Picture, words: string, run: () => void): HTMLButtonElement {
    const button = this.#button('control', name, run, make('span', {}, picture(image)), words);
    return button;
  }

  #button(className: string, name: string, run: () => void, ...children: (Node | string)[]): HTMLButtonElement {
    const button = make('button', { type: 'button', class: className, part: name, 'data-testid': `widget-${name}` }, ...children);
    button.addEventListener('click', run);
    return button;
  }

  #onKey(event: KeyboardEvent): void {
    const state = this.#conversation.state;
    if (event.key === 'Escape' && !isLive(state)) {
      event.stopPropagation();
      this.#conversation.dismiss();
    } else if (state === 'active' && /^[0-9*#]$/.test(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey) {
      this.#conversation.sendDtmf(event.key);
    }
  }

  #tick(on: boolean): void {
    clearInterval(this.#ticking);
    this.#ticking = on ? setInterval(() => this.#update(this.#conversation.snapshot), 500) : undefined;
  }
}
