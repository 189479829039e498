import { BrowserAudioPort } from './adapters/browser-audio.js';
import { browserClock, browserPreferences, HttpSession, instanceId } from './adapters/browser.js';
import { JsSipSignaling } from './adapters/jssip-signaling.js';
import { Phone } from './core/phone.js';
import { CallBar } from './ui/callbar.js';
import { DevicesView } from './ui/devices-element.js';
import { attachContacts } from './ui/contacts.js';
import { DialPad } from './ui/dialpad.js';
import { phone, providePhone } from './ui/element.js';
import { Incoming } from './ui/incoming.js';
import { provideMicrophone } from './ui/media.js';
import { attachNotifications } from './ui/notify.js';
import { attachToPage } from './ui/page.js';
import { PhoneView } from './ui/phone-element.js';
import { attachReconnect } from './ui/reconnect.js';
import { attachPageParts } from './ui/times.js';
import { attachVirtualTables } from './ui/virtual.js';

/**
 * The bundle of the softphone: defines the elements and starts the one phone of the page, when a <gw-phone> says where its
 * session comes from. Everything else is in core/ (the phone), adapters/ (browser and JsSIP) and ui/ (what is seen).
 */

customElements.define('gw-dialpad', DialPad);
customElements.define('gw-callbar', CallBar);
customElements.define('gw-incoming', Incoming);
customElements.define('gw-phone', PhoneView);
customElements.define('gw-devices', DevicesView);

declare global {
  // For tests and for a host page's own script.
  var gatewayPhone: Phone | undefined;
}

const narrow = matchMedia('(max-width: 56.24rem)');

function chooseView(): void {
  const view = document.querySelector<PhoneView>('gw-phone');
  // Beside another page a narrow screen has room for a bar only, and the console needs the room of any screen.
  const bar = location.pathname.startsWith('/console') || (location.pathname !== '/' && narrow.matches);
  if (view) view.view = bar ? 'bar' : 'full';
}

async function start(): Promise<void> {
  const view = document.querySelector<PhoneView>('gw-phone[session-url]');
  chooseView();
  if (!view || phone()) return;
  const preferences = browserPreferences.load();
  const audio = new BrowserAudioPort(preferences.speakerId ?? '', preferences.ringerId ?? '', () => view.shadowRoot ?? document.body);
  const made = new Phone({
    signaling: new JsSipSignaling(await instanceId()),
    sessions: new HttpSession(view.getAttribute('session-url') ?? '', view.getAttribute('antiforgery') ?? ''),
    audio,
    clock: browserClock,
    preferences: browserPreferences,
  });
  globalThis.gatewayPhone = made;
  provideMicrophone(() => audio.microphone);
  providePhone(made);
  attachNotifications(made);
  attachContacts('/api/phone/contacts', () => made.changes.emit(made.snapshot));
  attachToPage(() => document.querySelector<PhoneView>('gw-phone'));
  made.start();
}

narrow.addEventListener('change', chooseView);
attachReconnect(() => phone()?.activeCall !== undefined, () => void start());
attachPageParts();
attachVirtualTables();
void start();
