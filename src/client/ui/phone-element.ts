import type { PhoneSnapshot } from '../core/phone.js';
import { showInitial, shownCall } from './call-words.js';
import { CallBar } from './callbar.js';
import { DialPad } from './dialpad.js';
import { language, phone, PhoneElement, setText } from './element.js';
import { icon } from './icons.js';
import { type Explanation, format } from './strings.js';

/**
 * <gw-phone>: the whole phone. Its full view shows the head, the keys and the call; as a bar it shows only what must not be
 * missed beside another page: a call that is on. <gw-incoming> floats above either.
 */
export class PhoneView extends PhoneElement {
  #callId = '';

  #view: 'full' | 'bar' = 'full';

  get view(): 'full' | 'bar' {
    return this.#view;
  }

  set view(view: 'full' | 'bar') {
    this.#view = view;
    const now = phone()?.snapshot;
    if (this.root.firstChild && now) this.update(now);
  }

  protected markup(): string {
    const w = language.words;
    return `
      <div class="panel" data-testid="phone" data-full>
        <header class="head">
          <div class="avatar" aria-hidden="true"></div>
          <div class="who"><b data-testid="account-name"></b><span data-testid="account-aor"></span></div>
          <div class="chip" role="status" data-testid="registration-status"></div>
        </header>
        <div class="message" role="alert" data-testid="message" hidden>
          <b data-testid="message-what"></b><p data-testid="message-advice"></p>
          <button type="button" class="x" data-testid="message-close" aria-label="${w.close}">${icon('close')}</button>
          <button type="button" class="act" data-testid="message-action" hidden></button>
        </div>
        <div class="body">
          <gw-dialpad data-testid="dialler"></gw-dialpad>
          <gw-callbar data-testid="callbar" hidden></gw-callbar>
        </div>
      </div>
      <gw-callbar layout="bar" data-testid="mini" hidden></gw-callbar>`;
  }

  protected override ready(): void {
    this.onClick('message-close', () => phone()?.dismiss());
    this.onClick('message-action', () => {
      if (phone()?.snapshot.registration.failure === 'signed-out') location.assign('/login');
      else phone()?.start();
    });
  }

  get dialler(): DialPad {
    return this.find<DialPad>('dialler');
  }

  get callbar(): CallBar {
    return this.find<CallBar>('callbar');
  }

  protected update(snapshot: PhoneSnapshot): void {
    const full = this.#view === 'full';
    const call = shownCall(snapshot);
    const live = call !== undefined && call.state !== 'ended';
    this.find('phone').hidden = !full;
    this.find('mini').hidden = full || !live;
    this.#showHead(snapshot);
    this.#showMessage(snapshot);
    // An ended call gives the keys back at once; why it ended stays to be read above them.
    const showCall = live;
    this.callbar.hidden = !showCall;
    this.dialler.hidden = showCall;
    if (full && live && call.id !== this.#callId) this.callbar.focus();
    this.#callId = live ? call.id : '';
  }

  #showHead(snapshot: PhoneSnapshot): void {
    const w = language.words;
    const name = snapshot.displayName || snapshot.aor.split('@')[0] || '';
    showInitial(this.root.querySelector('.avatar') as HTMLElement, name);
    setText(this.find('account-name'), name);
    setText(this.find('account-aor'), snapshot.aor);
    const { state } = snapshot.registration;
    const chip = this.find('registration-status');
    chip.dataset['state'] = state;
    setText(chip, snapshot.dialling ? w.preparing : state === 'failed' ? w.failedState : w[state]);
  }

  #showMessage(snapshot: PhoneSnapshot): void {
    const explanation = this.#explain(snapshot);
    const message = this.find('message');
    message.hidden = !explanation;
    if (!explanation) return;
    setText(this.find('message-what'), explanation.what);
    setText(this.find('message-advice'), explanation.advice);
    const w = language.words;
    const { registration } = snapshot;
    const action = this.find<HTMLButtonElement>('message-action');
    const stopped = registration.state === 'failed' && !snapshot.failure;
    action.hidden = !stopped;
    this.find('message-close').hidden = stopped;
    if (stopped) {
      setText(action, registration.failure === 'signed-out' ? w.signIn : registration.failure === 'used-elsewhere' ? w.useHere : w.retry);
    }
  }

  #explain(snapshot: PhoneSnapshot): Explanation | undefined {
    const { failures, words } = language;
    if (snapshot.failure) return failures[snapshot.failure];
    const { registration } = snapshot;
    if (registration.state === 'failed' && registration.failure) return failures[registration.failure];
    if (registration.state === 'offline' && registration.failure) {
      const explanation = failures[registration.failure];
      const next = registration.retryIn ? ` ${format(words.retryIn, registration.retryIn)}.` : '';
      return { what: explanation.what, advice: explanation.advice + next };
    }
    const ended = [...snapshot.calls].reverse().find((call) => call.state === 'ended' && call.failure);
    return ended?.failure ? failures[ended.failure] : undefined;
  }
}
