import type { CallSnapshot } from '../core/call.js';
import type { PhoneSnapshot } from '../core/phone.js';
import { elapsed, nameOf, showInitial, shownCall, stateWords } from './call-words.js';
import { duration, language, phone, PhoneElement, setText } from './element.js';
import { icon } from './icons.js';
import { microphoneStream } from './media.js';
import { Meter } from './meter.js';
import { numberOf, people } from './contacts.js';
import { format } from './strings.js';

/**
 * <gw-callbar>: the call that is on and what can be done with it. `layout="bar"` is the narrow form for pages beside the
 * phone. It needs nothing but the page: it works when the connection to the server is gone.
 */
export class CallBar extends PhoneElement {
  #call: CallSnapshot | undefined;
  #ticking: ReturnType<typeof setInterval> | undefined;
  readonly #meter = new Meter();

  static readonly observedAttributes = ['layout'];

  attributeChangedCallback(): void {
    if (!this.root.firstChild) return;
    this.root.innerHTML = this.markup();
    this.ready();
    const now = phone()?.snapshot;
    if (now) this.update(now);
  }

  /** A part by its name, in whichever form this is. */
  #part<T extends HTMLElement = HTMLElement>(name: string): T {
    return this.find<T>(`${this.#narrow ? 'mini' : 'call'}-${name}`);
  }

  get #narrow(): boolean {
    return this.getAttribute('layout') === 'bar';
  }

  protected markup(): string {
    const w = language.words;
    if (this.#narrow) {
      return `
        <div class="bar" role="group" aria-label="${w.active}">
          <div class="who"><b data-testid="mini-name"></b><span><span data-testid="mini-state" role="status"></span> <span data-testid="mini-timer"></span></span></div>
          <button type="button" class="round plain" data-testid="mini-mute" aria-label="${w.mute}" aria-pressed="false">${icon('mic')}</button>
          <button type="button" class="round stop" data-testid="mini-hangup" aria-label="${w.hangUp}">${icon('hangUp')}</button>
        </div>`;
    }
    const control = (id: string, image: string, words: string, extra = '') =>
      `<button type="button" class="control" data-testid="${id}" ${extra}><span>${image}</span><span class="words">${words}</span></button>`;
    return `
      <section class="call" data-testid="call-view" aria-label="${w.call}">
        <div class="others" hidden></div>
        <div class="avatar" aria-hidden="true"></div>
        <h2 data-testid="call-name" tabindex="-1"></h2>
        <p class="number" data-testid="call-number"></p>
        <p class="state" data-testid="call-state" role="status"></p>
        <div class="timer" data-testid="call-timer"></div>
        <div class="meter" aria-hidden="true"><i></i></div>
        <div class="digits" data-testid="call-digits" aria-live="polite"></div>
        <gw-dialpad mode="dtmf" data-testid="call-pad" hidden></gw-dialpad>
        <div class="controls">
          ${control('call-mute', icon('mic'), w.mute, 'aria-pressed="false"')}
          ${control('call-keys', icon('keys'), w.keys, 'aria-expanded="false"')}
          ${control('call-hold', icon('pause'), w.hold, 'aria-pressed="false"')}
          ${control('call-transfer', icon('transfer'), w.transfer, 'aria-expanded="false"')}
        </div>
        <form class="transfer" data-testid="transfer-form" aria-describedby="transfer-hint" hidden>
          <label for="transfer-to">${w.transferTo}</label>
          <input id="transfer-to" data-testid="transfer-to" type="text" inputmode="tel" autocomplete="off" autocapitalize="off" spellcheck="false" maxlength="128" list="people" required>
          <datalist id="people"></datalist>
          <button type="submit" class="act" data-testid="transfer-now">${w.transferNow}</button>
          <button type="button" class="plainbutton" data-testid="transfer-ask">${w.transferAsk}</button>
          <p class="hint" id="transfer-hint">${w.transferAskHint}</p>
        </form>
        <div class="callrow"><button type="button" class="round stop" data-testid="call-hangup" aria-label="${w.hangUp}">${icon('hangUp')}</button></div>
      </section>`;
  }

  protected override ready(): void {
    const command = (run: (call: CallSnapshot) => void) => () => {
      if (this.#call) run(this.#call);
    };
    this.#part('mute').addEventListener('click', command((call) => phone()?.mute(call.id, !call.muted)));
    this.#part('hangup').addEventListener('click', command((call) => (call.state === 'ended' ? phone()?.dismiss() : phone()?.hangUp(call.id))));
    if (this.#narrow) return;
    this.onClick('call-hold', command((call) => void phone()?.hold(call.id, !call.held)));
    this.onClick('call-keys', () => this.#showKeys(this.find('call-pad').hasAttribute('hidden')));
    this.onClick('call-transfer', () => this.#showTransfer(this.find('transfer-form').hasAttribute('hidden')));
    const to = this.find<HTMLInputElement>('transfer-to');
    this.find('transfer-form').addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      // It closes the form; the call goes on.
      event.preventDefault();
      this.#showTransfer(false);
      this.find('call-transfer').focus();
    });
    this.find('transfer-form').addEventListener('submit', (event) => {
      event.preventDefault();
      const number = numberOf(to.value);
      this.#showTransfer(false);
      if (this.#call) void phone()?.transfer(this.#call.id, number);
    });
    // To ask first is another call: this one waits on hold, and the two can be connected later.
    this.onClick('transfer-ask', () => {
      if (!to.reportValidity()) return;
      const number = numberOf(to.value);
      this.#showTransfer(false);
      void phone()?.dial(number);
    });
  }

  /** To the name, not to a button that a stray key would press. */
  override focus(): void {
    this.#part('name').focus({ preventScroll: true });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#tick(false);
    this.#meter.stop();
  }

  protected update(snapshot: PhoneSnapshot): void {
    const call = shownCall(snapshot);
    const changedCall = call?.id !== this.#call?.id;
    this.#call = call;
    this.#tick(call?.state === 'active');
    if (!call) {
      this.#meter.stop();
      return;
    }
    const w = language.words;
    setText(this.#part('name'), nameOf(call));
    setText(this.#part('state'), stateWords(call));
    this.#time();
    const live = call.state !== 'ended';
    const mute = this.#part<HTMLButtonElement>('mute');
    this.#press(mute, call.muted, call.muted ? w.unmute : w.mute, icon(call.muted ? 'micOff' : 'mic'));
    mute.disabled = !live;
    this.#part('hangup').setAttribute('aria-label', live ? w.hangUp : w.close);
    if (this.#narrow) return;

    const view = this.find('call-view');
    view.dataset['state'] = call.state;
    view.dataset['media'] = call.reconnecting ? 'lost' : 'there';
    showInitial(this.root.querySelector('.avatar') as HTMLElement, nameOf(call));
    setText(this.find('call-number'), call.remoteName && call.remoteName !== call.remoteUser ? call.remoteUser : '');
    setText(this.find('call-digits'), call.digits);
    const hold = this.find<HTMLButtonElement>('call-hold');
    this.#press(hold, call.held, call.held ? w.resume : w.hold, icon(call.held ? 'play' : 'pause'));
    hold.disabled = call.state !== 'active' || call.holdPending || call.reconnecting || call.transfer !== undefined;
    this.find<HTMLButtonElement>('call-transfer').disabled = call.state !== 'active' || call.reconnecting || call.transfer !== undefined;
    this.find<HTMLButtonElement>('call-keys').disabled = call.state !== 'active' && call.state !== 'ringing';
    const pad = this.find('call-pad');
    pad.setAttribute('call', call.id);
    if (changedCall || !live) {
      this.#showKeys(false);
      this.#showTransfer(false);
    }
    this.#showOthers(snapshot, call);
    this.#showLevel(call);
  }

  #showKeys(on: boolean): void {
    this.find('call-pad').hidden = !on;
    this.find('call-keys').setAttribute('aria-expanded', String(on));
    this.find('call-view').toggleAttribute('data-keys', on);
  }

  #showTransfer(on: boolean): void {
    const form = this.find('transfer-form');
    if (form.hidden === !on) return;
    form.hidden = !on;
    this.find('call-transfer').setAttribute('aria-expanded', String(on));
    this.find('call-view').toggleAttribute('data-transfer', on);
    const to = this.find<HTMLInputElement>('transfer-to');
    to.value = '';
    if (!on) return;
    this.#showKeys(false);
    this.root.querySelector('datalist')?.replaceChildren(...people().map((one) => new Option(one.name, one.number)));
    to.focus();
  }

  /** The other calls, on hold or ended, with a way to each. */
  #showOthers(snapshot: PhoneSnapshot, shown: CallSnapshot): void {
    const others = snapshot.calls.filter((call) => call.id !== shown.id && call.state === 'active');
    const list = this.root.querySelector('.others') as HTMLElement;
    list.hidden = others.length === 0;
    list.replaceChildren(
      ...others.map((call) => {
        const row = document.createElement('div');
        const button = document.createElement('button');
        button.type = 'button';
        button.dataset['testid'] = 'call-switch';
        const name = document.createElement('b');
        name.textContent = nameOf(call);
        const state = document.createElement('span');
        state.textContent = stateWords(call);
        button.append(name, state);
        button.addEventListener('click', () => void phone()?.hold(call.id, false));
        const join = document.createElement('button');
        join.type = 'button';
        join.className = 'join';
        join.dataset['testid'] = 'call-join';
        join.innerHTML = icon('join');
        join.setAttribute('aria-label', format(language.words.joinCalls, nameOf(call)));
        join.title = join.getAttribute('aria-label') ?? '';
        join.disabled = shown.state !== 'active' || shown.transfer !== undefined || call.transfer !== undefined;
        join.addEventListener('click', () => void phone()?.join(call.id, shown.id));
        row.append(button, join);
        return row;
      }),
    );
  }

  #showLevel(call: CallSnapshot): void {
    const meter = this.root.querySelector('.meter') as HTMLElement;
    meter.style.visibility = call.state === 'active' ? 'visible' : 'hidden';
    meter.toggleAttribute('data-off', call.muted || call.held);
    const bar = meter.firstElementChild as HTMLElement;
    this.#meter.watch(call.state === 'active' ? microphoneStream() : undefined, (level) =>
      bar.style.setProperty('--level', call.muted ? '0' : level.toFixed(2)),
    );
  }

  #press(button: HTMLButtonElement, on: boolean, words: string, image: string): void {
    button.setAttribute('aria-pressed', String(on));
    const label = button.querySelector<HTMLElement>('.words');
    const holder = label ? (button.firstElementChild as HTMLElement) : button;
    if (label) setText(label, words);
    else button.setAttribute('aria-label', words);
    if (button.dataset['image'] === words) return;
    button.dataset['image'] = words;
    holder.innerHTML = image;
  }

  #tick(on: boolean): void {
    if (on && this.#ticking === undefined) this.#ticking = setInterval(() => this.#time(), 500);
    if (!on && this.#ticking !== undefined) {
      clearInterval(this.#ticking);
      this.#ticking = undefined;
    }
  }

  #time(): void {
    const time = this.#call ? elapsed(this.#call, Date.now()) : undefined;
    setText(this.#part('timer'), time === undefined ? '' : duration(time));
  }
}
