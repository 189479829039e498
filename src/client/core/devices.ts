import type { AudioPreferences, PreferencesPort } from './ports.js';

export const defaultPreferences: AudioPreferences = {
  microphoneId: '',
  speakerId: '',
  ringerId: '',
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
};

/** Which microphone and speaker, and how the sound is treated; kept between visits. */
export class Devices {
  readonly #store: PreferencesPort;
  readonly #changed: () => void;
  #preferences: AudioPreferences;

  constructor(store: PreferencesPort, changed: () => void) {
    this.#store = store;
    this.#changed = changed;
    this.#preferences = { ...defaultPreferences, ...store.load() };
  }

  get preferences(): AudioPreferences {
    return this.#preferences;
  }

  /** True when something is other than it was. */
  set(change: Partial<AudioPreferences>): boolean {
    const next = { ...this.#preferences, ...change };
    const same = (Object.keys(next) as (keyof AudioPreferences)[]).every((key) => next[key] === this.#preferences[key]);
    if (same) return false;
    this.#preferences = next;
    this.#store.save(next);
    this.#changed();
    return true;
  }
}
