import type { Phone, PhoneSnapshot } from '../core/phone.js';
import { nameOf } from './call-words.js';
import { language } from './element.js';

const key = 'gateway.notify';

/** Notifications of calls while the tab is hidden. Off until a person switches them on: a browser asks once, and at a bad time for ever. */
export const notifications = {
  get wanted(): boolean {
    try {
      return localStorage.getItem(key) === 'on' && 'Notification' in globalThis && Notification.permission === 'granted';
    } catch {
      return false;
    }
  },

  /** False when the browser refuses. */
  async want(on: boolean): Promise<boolean> {
    const allowed = on && 'Notification' in globalThis && (await Notification.requestPermission()) === 'granted';
    try {
      localStorage.setItem(key, allowed ? 'on' : 'off');
    } catch {
      // Storage is off: there will be none.
    }
    return allowed || !on;
  },
};

/** Shows who calls while nobody looks, and takes it away when the ringing ends. */
export function attachNotifications(phone: Phone): void {
  const shown = new Map<string, Notification>();
  const update = (snapshot: PhoneSnapshot) => {
    const ringing = snapshot.calls.filter((call) => call.state === 'incoming');
    for (const [id, notification] of shown) {
      if (ringing.some((call) => call.id === id)) continue;
      notification.close();
      shown.delete(id);
    }
    if (!document.hidden || !notifications.wanted) return;
    for (const call of ringing.filter((each) => !shown.has(each.id))) {
      try {
        const notification = new Notification(nameOf(call), { body: language.words.callingYou, tag: call.id, icon: '/brand/icon.svg', requireInteraction: true });
        notification.onclick = () => {
          focus();
          notification.close();
        };
        shown.set(call.id, notification);
      } catch {
        // Some mobile browsers allow them from a service worker only.
      }
    }
  };
  phone.changes.subscribe(update);
  document.addEventListener('visibilitychange', () => update(phone.snapshot));
}
