import type { PhoneSnapshot } from '../core/phone.js';
import type { AudioPreferences } from '../core/ports.js';
import { openMicrophoneStream } from '../adapters/browser-audio.js';
import { language, phone, PhoneElement, setText } from './element.js';
import { Meter } from './meter.js';
import { notifications } from './notify.js';
import { format } from './strings.js';

type Treatment = 'echoCancellation' | 'noiseSuppression' | 'autoGainControl';

const treatments: readonly Treatment[] = ['echoCancellation', 'noiseSuppression', 'autoGainControl'];

/** <gw-devices>: which microphone and speaker, how the sound is treated, and a test that shows whether one can be heard. */
export class DevicesView extends PhoneElement {
  readonly #meter = new Meter();
  #test: MediaStream | undefined;
  #loudest = 0;
  readonly #onDevices = () => void this.#list();

  protected markup(): string {
    const w = language.words;
    const row = (name: Treatment) =>
      `<label class="switch"><input type="checkbox" role="switch" data-testid="device-${name}" aria-describedby="${name}-hint"><b>${w[name]}</b><small id="${name}-hint">${w[`${name}Hint`]}</small></label>`;
    return `
      <div class="fields">
        <div class="field"><label for="mic">${w.microphone}</label><select id="mic" data-testid="device-microphone"></select></div>
        <div class="field"><span class="legend">${w.level}</span>
          <div class="test"><button type="button" class="plainbutton" data-testid="device-test">${w.testMicrophone}</button>
            <div class="meter" role="meter" aria-label="${w.level}" aria-valuemin="0" aria-valuemax="100" aria-valuenow="0" data-testid="device-level"><i></i></div></div>
          <p class="hint" role="status" data-testid="device-hint"></p></div>
        <div class="field"><label for="out">${w.speaker}</label><select id="out" data-testid="device-speaker"></select>
          <div class="test"><button type="button" class="plainbutton" data-testid="device-echo" aria-describedby="echo-hint">${w.echoTest}</button><p class="hint" id="echo-hint">${w.echoHint}</p></div></div>
        <div class="field"><label for="ring">${w.ringer}</label><select id="ring" data-testid="device-ringer"></select>
          <div class="test"><button type="button" class="plainbutton" data-testid="device-ring">${w.testRing}</button></div>
          <label class="switch"><input type="checkbox" role="switch" data-testid="device-notify" aria-describedby="notify-hint"><b>${w.notify}</b><small id="notify-hint">${w.notifyHint}</small></label></div>
        <div class="field" role="group" aria-label="${w.treatment}"><span class="legend">${w.treatment}</span>${treatments.map(row).join('')}</div>
      </div>`;
  }

  protected override ready(): void {
    const set = (change: Partial<AudioPreferences>) => void phone()?.setPreferences(change);
    const choice = (id: string) => this.find<HTMLSelectElement>(id);
    choice('device-microphone').addEventListener('change', () => {
      set({ microphoneId: choice('device-microphone').value });
      if (this.#test) void this.#startTest();
    });
    choice('device-speaker').addEventListener('change', () => set({ speakerId: choice('device-speaker').value }));
    choice('device-ringer').addEventListener('change', () => set({ ringerId: choice('device-ringer').value }));
    this.onClick('device-echo', () => void phone()?.dial(phone()?.snapshot.echo ?? ''));
    this.onClick('device-ring', () => phone()?.ringOnce());
    const notify = this.find<HTMLInputElement>('device-notify');
    notify.checked = notifications.wanted;
    notify.addEventListener('change', async () => {
      const done = await notifications.want(notify.checked);
      notify.checked = notifications.wanted;
      setText(this.find('device-hint'), done ? '' : language.words.notifyRefused);
    });
    for (const name of treatments) {
      const box = this.find<HTMLInputElement>(`device-${name}`);
      box.addEventListener('change', () => {
        set({ [name]: box.checked });
        if (this.#test) void this.#startTest();
      });
    }
    this.onClick('device-test', () => void (this.#test ? this.#stopTest() : this.#startTest()));
  }

  override connectedCallback(): void {
    super.connectedCallback();
    navigator.mediaDevices?.addEventListener('devicechange', this.#onDevices);
    void this.#list();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    navigator.mediaDevices?.removeEventListener('devicechange', this.#onDevices);
    this.#stopTest();
  }

  protected update(snapshot: PhoneSnapshot): void {
    for (const name of treatments) this.find<HTMLInputElement>(`device-${name}`).checked = snapshot.preferences[name];
  }

  async #list(): Promise<void> {
    const devices = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
    const preferences = phone()?.snapshot.preferences;
    this.#fill('device-microphone', devices.filter((d) => d.kind === 'audioinput'), preferences?.microphoneId ?? '');
    this.#fill('device-speaker', devices.filter((d) => d.kind === 'audiooutput'), preferences?.speakerId ?? '');
    this.#fill('device-ringer', devices.filter((d) => d.kind === 'audiooutput'), preferences?.ringerId ?? '');
    if (!this.#test && devices.length > 0 && devices.every((d) => !d.label)) {
      setText(this.find('device-hint'), language.words.allowDevices);
    }
  }

  #fill(id: string, devices: readonly MediaDeviceInfo[], chosen: string): void {
    const select = this.find<HTMLSelectElement>(id);
    const named = devices.filter((d) => d.deviceId && d.deviceId !== 'default');
    select.replaceChildren(
      new Option(language.words.systemDefault, ''),
      ...named.map((d, i) => new Option(d.label || format(language.words.unnamedDevice, i + 1), d.deviceId)),
    );
    select.value = named.some((d) => d.deviceId === chosen) ? chosen : '';
  }

  async #startTest(): Promise<void> {
    this.#stopTest();
    const preferences = phone()?.snapshot.preferences;
    if (!preferences) return;
    try {
      this.#test = await openMicrophoneStream(preferences);
    } catch (error) {
      const fault = (error as { fault?: 'microphone-refused' | 'microphone-missing' | 'microphone-busy' }).fault ?? 'microphone-missing';
      const { what, advice } = language.failures[fault];
      setText(this.find('device-hint'), `${what}. ${advice}`);
      return;
    }
    void this.#list();
    this.#loudest = 0;
    setText(this.find('device-test'), language.words.stopTest);
    const meter = this.find('device-level');
    const bar = meter.firstElementChild as HTMLElement;
    this.#meter.watch(this.#test, (level) => {
      this.#loudest = Math.max(this.#loudest * 0.98, level);
      bar.style.setProperty('--level', level.toFixed(2));
      meter.setAttribute('aria-valuenow', String(Math.round(level * 100)));
      setText(this.find('device-hint'), this.#loudest > 0.3 ? language.words.levelGood : language.words.levelQuiet);
    });
  }

  #stopTest(): void {
    this.#meter.stop();
    for (const track of this.#test?.getTracks() ?? []) track.stop();
    this.#test = undefined;
    if (!this.root.firstChild) return;
    setText(this.find('device-test'), language.words.testMicrophone);
    setText(this.find('device-hint'), '');
    (this.find('device-level').firstElementChild as HTMLElement).style.setProperty('--level', '0');
  }
}
