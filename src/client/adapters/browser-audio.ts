import { Signal } from '../core/events.js';
import {
  type AudioPort,
  type AudioPreferences,
  type Microphone,
  MicrophoneError,
  type RemoteAudio,
  type Tone,
} from '../core/ports.js';
import type { BrowserAudio, BrowserMicrophone } from './jssip-call.js';
import { Tones } from './tones.js';

type Sink = HTMLAudioElement & { setSinkId?: (id: string) => Promise<void> };

/**
 * Microphone, loudspeaker and tones of this browser. The audio elements live where `home` says: on a page that is exchanged
 * piece by piece (enhanced navigation) that must be a place it leaves alone, because an element that is taken out falls silent.
 */
export class BrowserAudioPort implements AudioPort {
  readonly microphoneLost = new Signal<Microphone>((error) => console.error(error));
  readonly #elements = new Map<string, Sink>();
  readonly #tones = new Tones();
  #speaker: string;
  /** The microphone that was opened last, for level meters. */
  microphone: MediaStream | undefined;

  readonly #home: () => ParentNode;

  constructor(speakerId: string, ringerId = '', home: () => ParentNode = () => document.body) {
    this.#speaker = speakerId;
    this.#home = home;
    this.#tones.useRinger(ringerId);
  }

  async openMicrophone(preferences: AudioPreferences): Promise<Microphone> {
    const stream = await openMicrophoneStream(preferences);
    this.microphone = stream;
    const microphone: BrowserMicrophone = {
      stream,
      deviceId: preferences.microphoneId,
      close: () => {
        for (const track of stream.getTracks()) track.stop();
        if (this.microphone === stream) this.microphone = undefined;
      },
    };
    // "ended" comes only from outside: our own stop() does not raise it.
    for (const track of stream.getTracks()) track.addEventListener('ended', () => this.microphoneLost.emit(microphone), { once: true });
    return microphone;
  }

  play(callId: string, audio: RemoteAudio): void {
    let element = this.#elements.get(callId);
    if (!element) {
      element = document.createElement('audio') as Sink;
      element.autoplay = true;
      element.dataset['call'] = callId;
      element.dataset['testid'] = 'remote-audio';
      element.hidden = true;
      this.#home().append(element);
      this.#elements.set(callId, element);
      this.#route(element);
    }
    element.srcObject = (audio as BrowserAudio).stream;
    element.play().catch(() => {
      // Without a gesture on this page yet, a browser may refuse; the first click anywhere starts it.
      addEventListener('pointerdown', () => void element.play().catch(() => {}), { once: true });
    });
  }

  stop(callId: string): void {
    const element = this.#elements.get(callId);
    if (!element) return;
    this.#elements.delete(callId);
    element.srcObject = null;
    element.remove();
  }

  useSpeaker(deviceId: string): void {
    this.#speaker = deviceId;
    for (const element of this.#elements.values()) this.#route(element);
  }

  useRinger(deviceId: string): void {
    this.#tones.useRinger(deviceId);
  }

  tone(tone: Tone): void {
    this.#tones.play(tone);
  }

  keyTone(digit: string): void {
    this.#tones.key(digit);
  }

  #route(element: Sink): void {
    // A speaker that was unplugged: the system's own is better than none.
    void element.setSinkId?.(this.#speaker).catch(() => element.setSinkId?.('').catch(() => {}));
  }
}

export async function openMicrophoneStream(preferences: AudioPreferences): Promise<MediaStream> {
  const treatment: MediaTrackConstraints = {
    echoCancellation: preferences.echoCancellation,
    noiseSuppression: preferences.noiseSuppression,
    autoGainControl: preferences.autoGainControl,
  };
  if (!navigator.mediaDevices) throw new MicrophoneError('microphone-missing');
  try {
    const chosen = preferences.microphoneId ? { ...treatment, deviceId: { exact: preferences.microphoneId } } : treatment;
    return await navigator.mediaDevices.getUserMedia({ audio: chosen });
  } catch (error) {
    const name = (error as DOMException).name;
    if (preferences.microphoneId && (name === 'OverconstrainedError' || name === 'NotFoundError')) {
      // The chosen microphone is gone: take what is there.
      return openMicrophoneStream({ ...preferences, microphoneId: '' });
    }
    throw new MicrophoneError(faultOf(name));
  }
}

function faultOf(name: string) {
  switch (name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'microphone-refused' as const;
    case 'NotReadableError':
    case 'AbortError':
      return 'microphone-busy' as const;
    default:
      return 'microphone-missing' as const;
  }
}
