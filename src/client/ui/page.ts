import type { PhoneSnapshot } from '../core/phone.js';
import { isDigit } from '../core/number.js';
import { nameOf } from './call-words.js';
import { language, phone } from './element.js';
import type { PhoneView } from './phone-element.js';
import { format } from './strings.js';

/** What the phone does to the page around it: keys typed anywhere, the title while it rings, a warning before leaving. */
export function attachToPage(view: () => PhoneView | null): void {
  document.addEventListener('keydown', (event) => onKey(event, view()));
  addEventListener('beforeunload', (event) => {
    if (phone()?.activeCall) {
      event.preventDefault();
      // Older browsers show it; newer ones have words of their own.
      event.returnValue = language.words.leaveWarning;
    }
  });
  const title = new TitleFlash();
  const started = phone();
  if (started) title.update(started.snapshot);
  started?.changes.subscribe((snapshot) => title.update(snapshot));
}

function onKey(event: KeyboardEvent, view: PhoneView | null): void {
  const engine = phone();
  if (!engine || event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
  const target = event.composedPath()[0];
  const typing = target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
  const active = engine.activeCall;
  if (event.key === 'Escape') {
    const incoming = engine.snapshot.calls.find((call) => call.state === 'incoming');
    if (active) engine.hangUp(active.id);
    else if (incoming) engine.decline(incoming.id);
    else if (engine.snapshot.dialling) engine.cancelDial();
    return;
  }
  if (typing || !view || view.view === 'bar') return;
  if (isDigit(event.key) && !event.shiftKey || event.key === '*' || event.key === '#' || event.key === '+') {
    event.preventDefault();
    if (active) engine.sendDigit(active.id, event.key);
    else view.dialler.press(event.key);
  } else if (event.key === 'Backspace' && !active) {
    view.dialler.erase();
  } else if (event.key === 'Enter' && !active && !(target instanceof HTMLButtonElement) && !(target instanceof HTMLAnchorElement)) {
    view.dialler.dial();
  }
}

/** Says who calls in the tab's title, for those who look at another one. */
class TitleFlash {
  #timer: ReturnType<typeof setInterval> | undefined;
  #title = '';

  update(snapshot: PhoneSnapshot): void {
    const call = snapshot.calls.find((each) => each.state === 'incoming');
    if (call && this.#timer === undefined) {
      this.#title = document.title;
      const words = `📞 ${format(language.words.incomingTitle, nameOf(call))}`;
      let on = false;
      const flash = () => (document.title = (on = !on) ? words : this.#title);
      flash();
      this.#timer = setInterval(flash, 1000);
    } else if (!call && this.#timer !== undefined) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      document.title = this.#title;
    }
  }
}
