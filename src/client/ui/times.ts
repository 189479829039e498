/** Small things that the server's pages leave to the browser: times in the reader's zone, and call-back buttons. */
import { phone } from './element.js';

const locale = document.documentElement.lang || undefined;
const sameDay = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' });
const otherDay = new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' });

export function attachPageParts(): void {
  const fill = () => {
    const today = new Date().toDateString();
    for (const time of document.querySelectorAll<HTMLTimeElement>('time[data-local]')) {
      const at = new Date(time.dateTime);
      const words = (at.toDateString() === today ? sameDay : otherDay).format(at);
      // The text node is the server's: it keeps its place, only what it says changes.
      const text = time.firstChild;
      if (text && text.nodeValue !== words) text.nodeValue = words;
    }
  };
  fill();
  // The server renders lists anew whenever something happens.
  let queued = false;
  new MutationObserver(() => {
    if (queued) return;
    queued = true;
    requestAnimationFrame(() => {
      queued = false;
      fill();
    });
  }).observe(document.body, { childList: true, subtree: true, characterData: true });

  // Signing out takes the phone off the network before the page goes.
  document.addEventListener('submit', (event) => {
    if (event.target instanceof Element && event.target.matches('form.leave')) phone()?.stop();
  });
  document.addEventListener('click', (event) => {
    const copy = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-copy]') : null;
    if (copy) {
      const words = copy.textContent;
      void navigator.clipboard.writeText(copy.dataset['copy'] ?? '').then(() => {
        copy.textContent = copy.dataset['copied'] ?? words;
        setTimeout(() => (copy.textContent = words), 2000);
      }, () => {});
    }
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-dial]') : null;
    if (button) void phone()?.dial(button.dataset['dial'] ?? '');
  });
}
