import type { PhoneSnapshot } from '../core/phone.js';
import { cleanNumber } from '../core/number.js';
import { icon } from './icons.js';
import { language, phone, PhoneElement } from './element.js';

const letters = ['', 'ABC', 'DEF', 'GHI', 'JKL', 'MNO', 'PQRS', 'TUV', 'WXYZ', '', '+', ''];
const digits = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'];
const names: Readonly<Record<string, string>> = { '*': 'star', '#': 'hash' };

const longPress = 600;

/**
 * <gw-dialpad>: the keys of a telephone. By itself it writes a number and calls it; with `mode="dtmf"` each key is sent into
 * the call whose id `call` names.
 */
export class DialPad extends PhoneElement {
  #input: HTMLInputElement | undefined;

  protected markup(): string {
    const w = language.words;
    const keys = digits
      .map((d, i) => `<button type="button" class="key" data-key="${d}" data-testid="key-${names[d] ?? d}" >${d}<small>${letters[i]}</small></button>`)
      .join('');
    const pad = `<div class="keys" role="group" aria-label="${w.keypad}">${keys}</div>`;
    if (this.getAttribute('mode') === 'dtmf') return pad;
    return `
      <div class="display">
        <input data-testid="dial-input" type="text" inputmode="tel" autocomplete="off" autocapitalize="off" spellcheck="false" maxlength="128"
          aria-label="${w.dial}" placeholder="${w.dialHint}" enterkeyhint="go">
        <button type="button" class="erase" data-testid="dial-erase" aria-label="${w.erase}" hidden>${icon('erase')}</button>
      </div>
      ${pad}
      <div class="callrow">
        <button type="button" class="round go" data-testid="dial-call" aria-label="${w.call}" disabled>${icon('call')}</button>
      </div>
      <div class="quick">
        <button type="button" data-testid="quick-echo"><code></code>${w.echoTest}</button>
        <button type="button" data-testid="quick-tone"><code></code>${w.toneTest}</button>
      </div>`;
  }

  protected override ready(): void {
    for (const key of this.root.querySelectorAll<HTMLButtonElement>('.key')) {
      const digit = key.dataset['key'] ?? '';
      let timer: ReturnType<typeof setTimeout> | undefined;
      let held = false;
      key.addEventListener('pointerdown', () => {
        held = false;
        if (digit === '0') timer = setTimeout(() => ((held = true), this.press('+')), longPress);
      });
      for (const type of ['pointerup', 'pointerleave', 'pointercancel']) key.addEventListener(type, () => clearTimeout(timer));
      key.addEventListener('click', () => held || this.press(digit));
    }
    this.#input = this.root.querySelector('input') ?? undefined;
    const input = this.#input;
    if (!input) return;
    input.addEventListener('input', () => this.#onInput());
    input.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') this.dial();
    });
    input.addEventListener('paste', (event) => {
      const text = event.clipboardData?.getData('text/plain') ?? '';
      event.preventDefault();
      this.#insert(cleanNumber(text));
    });
    this.onClick('dial-erase', () => this.erase());
    this.onClick('dial-call', () => this.dial());
    this.onClick('quick-echo', () => void phone()?.dial(phone()?.snapshot.echo ?? ''));
    this.onClick('quick-tone', () => void phone()?.dial(phone()?.snapshot.tone ?? ''));
  }

  get value(): string {
    return this.#input?.value ?? '';
  }

  set value(text: string) {
    if (!this.#input) return;
    this.#input.value = text;
    this.#onInput();
  }

  /** A key was pressed, here or on the keyboard. */
  press(digit: string): void {
    const key = this.root.querySelector<HTMLElement>(`[data-key="${digit}"]`);
    key?.classList.add('down');
    setTimeout(() => key?.classList.remove('down'), 120);
    const call = this.getAttribute('call');
    if (this.#input) {
      phone()?.keyTone(digit);
      this.#insert(digit);
    } else if (call) {
      phone()?.sendDigit(call, digit);
    }
  }

  erase(): void {
    this.value = this.value.slice(0, -1);
    this.#input?.focus();
  }

  dial(): void {
    if (this.value.trim()) void phone()?.dial(this.value).then((begun) => begun && (this.value = ''));
  }

  #insert(text: string): void {
    const input = this.#input;
    if (!input) return;
    // Where the caret is, when the person put it somewhere; else at the end.
    const focused = this.root.activeElement === input;
    const start = focused ? (input.selectionStart ?? input.value.length) : input.value.length;
    const end = focused ? (input.selectionEnd ?? start) : start;
    input.setRangeText(text, start, end, 'end');
    input.scrollLeft = input.scrollWidth;
    this.#onInput();
  }

  #onInput(): void {
    const empty = this.value.trim() === '';
    this.find('dial-erase').hidden = empty;
    this.#enable(phone()?.snapshot);
  }

  protected update(snapshot: PhoneSnapshot): void {
    if (!this.#input) return;
    for (const [id, number] of [['quick-echo', snapshot.echo], ['quick-tone', snapshot.tone]] as const) {
      const code = this.find(id).querySelector('code');
      if (code) code.textContent = number;
    }
    this.#enable(snapshot);
  }

  #enable(snapshot: PhoneSnapshot | undefined): void {
    const ready = snapshot?.registration.state === 'registered' && !snapshot.dialling;
    this.find<HTMLButtonElement>('dial-call').disabled = !ready || this.value.trim() === '';
    this.find<HTMLButtonElement>('quick-echo').disabled = !ready;
    this.find<HTMLButtonElement>('quick-tone').disabled = !ready;
  }
}
