import type { CallSnapshot } from '../core/call.js';
import type { PhoneSnapshot } from '../core/phone.js';
import { contactName } from './contacts.js';
import { language } from './element.js';
import { icon } from './icons.js';
import { format } from './strings.js';

/** The call to show: what talks, else what is being set up, else what ended last. */
export function shownCall(snapshot: PhoneSnapshot): CallSnapshot | undefined {
  const calls = snapshot.calls.filter((call) => call.state !== 'incoming');
  return (
    calls.find((call) => call.state !== 'ended' && !call.held) ??
    calls.find((call) => call.state !== 'ended') ??
    calls[calls.length - 1]
  );
}

export function stateWords(call: CallSnapshot): string {
  const w = language.words;
  switch (call.state) {
    case 'ended':
      return call.failure ? language.failures[call.failure].what : w.ended;
    case 'active':
      if (call.reconnecting) return w.reconnecting;
      if (call.transfer) return format(call.transfer.state === 'ringing' ? w.transferRinging : w.transferring, call.transfer.target);
      if (call.notice === 'transfer-failed') return w.transferFailed;
      if (call.notice === 'hold-refused') return w.holdRefused;
      if (call.held) return w.onHold;
      if (call.remoteHeld) return w.remoteHold;
      return call.muted ? w.muted : w.active;
    default:
      return w[call.state];
  }
}

export function nameOf(call: CallSnapshot): string {
  return contactName(call.remoteUser) || call.remoteName || call.remoteUser;
}

/** Shows the first letter of a name; a number has none that says anything and gets a picture. */
export function showInitial(avatar: HTMLElement, name: string): void {
  const first = [...name.trim()][0] ?? '';
  const letter = /\p{L}/u.test(first) ? first.toLocaleUpperCase() : '';
  if (avatar.dataset['shown'] === letter) return;
  avatar.dataset['shown'] = letter;
  if (letter) avatar.textContent = letter;
  else avatar.innerHTML = icon('call');
}

export function elapsed(call: CallSnapshot, now: number): number | undefined {
  return call.answeredAt === undefined ? undefined : (call.endedAt ?? now) - call.answeredAt;
}
