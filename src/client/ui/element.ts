import type { Phone, PhoneSnapshot } from '../core/phone.js';
import { type Language, languageOf } from './strings.js';
import { sheet } from './styles.js';

export const language: Language = languageOf(navigator.languages ?? [navigator.language]);

/** The one phone of this page. It outlives every element that shows it, and every connection of the page to the server. */
let current: Phone | undefined;
const waiting: ((phone: Phone) => void)[] = [];

export function providePhone(phone: Phone): void {
  current = phone;
  for (const resolve of waiting.splice(0)) resolve(phone);
}

export function phone(): Phone | undefined {
  return current;
}

/** A view of the phone: static markup once, then `update` with every change. Words of others enter as text only. */
export abstract class PhoneElement extends HTMLElement {
  protected readonly root: ShadowRoot;
  #unsubscribe: (() => void) | undefined;

  constructor() {
    super();
    this.root = this.attachShadow({ mode: 'open', delegatesFocus: true });
    this.root.adoptedStyleSheets = [sheet];
  }

  connectedCallback(): void {
    if (!this.root.firstChild) {
      this.root.innerHTML = this.markup();
      this.ready();
    }
    if (current) this.#attach(current);
    else waiting.push((made) => this.isConnected && this.#attach(made));
  }

  disconnectedCallback(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }

  #attach(made: Phone): void {
    this.#unsubscribe?.();
    this.#unsubscribe = made.changes.subscribe((snapshot) => this.update(snapshot));
    this.update(made.snapshot);
  }

  protected abstract markup(): string;

  /** Runs once, after the markup is there. */
  protected ready(): void {}

  protected abstract update(snapshot: PhoneSnapshot): void;

  protected find<T extends HTMLElement = HTMLElement>(id: string): T {
    const element = this.root.querySelector<T>(`[data-testid="${id}"]`);
    if (!element) throw new Error(`no ${id}`);
    return element;
  }

  protected onClick(id: string, run: () => void): void {
    this.find(id).addEventListener('click', run);
  }
}

/** Sets text only when it changed, so that a live region does not speak again. */
export function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const pad = (n: number) => String(n).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const rest = `${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}
