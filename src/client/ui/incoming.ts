import type { PhoneSnapshot } from '../core/phone.js';
import { nameOf, showInitial } from './call-words.js';
import { language, phone, PhoneElement, setText } from './element.js';
import { icon } from './icons.js';

/** <gw-incoming>: who calls, and the two answers to it. Hidden while nobody does. */
export class Incoming extends PhoneElement {
  #id = '';

  protected markup(): string {
    const w = language.words;
    return `
      <div class="incoming" role="alertdialog" aria-labelledby="who" aria-describedby="what" data-testid="incoming" hidden>
        <div class="avatar" aria-hidden="true"></div>
        <p id="what">${w.incoming}</p>
        <h2 id="who" data-testid="incoming-name"></h2>
        <p class="number" data-testid="incoming-number"></p>
        <div class="row">
          <div><button type="button" class="round stop" data-testid="incoming-decline" aria-label="${w.decline}">${icon('hangUp')}</button><span aria-hidden="true">${w.decline}</span></div>
          <div><button type="button" class="round go" data-testid="incoming-answer" aria-label="${w.answer}">${icon('call')}</button><span aria-hidden="true">${w.answer}</span></div>
        </div>
      </div>`;
  }

  protected override ready(): void {
    this.onClick('incoming-answer', () => void phone()?.answer(this.#id));
    this.onClick('incoming-decline', () => phone()?.decline(this.#id));
  }

  protected update(snapshot: PhoneSnapshot): void {
    const call = snapshot.calls.find((each) => each.state === 'incoming');
    const appeared = call !== undefined && call.id !== this.#id;
    this.#id = call?.id ?? '';
    // Not the element itself: its attributes are the page's, and a page that is loaded sets them back.
    this.find('incoming').hidden = !call;
    if (!call) return;
    showInitial(this.root.querySelector('.avatar') as HTMLElement, nameOf(call));
    setText(this.find('incoming-name'), nameOf(call));
    setText(this.find('incoming-number'), call.remoteName ? call.remoteUser : '');
    // A person who types somewhere is not interrupted; else Enter answers.
    if (appeared && (document.activeElement === null || document.activeElement === document.body)) {
      this.find('incoming-answer').focus({ preventScroll: true });
    }
  }
}
