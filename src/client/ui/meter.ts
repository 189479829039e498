/** Watches how loud a stream is, some 20 times a second, and says it as 0…1 on a scale that fits the ear. */
export class Meter {
  #context: AudioContext | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #stream: MediaStream | undefined;

  watch(stream: MediaStream | undefined, onLevel: (level: number) => void): void {
    if (stream === this.#stream) return;
    this.stop();
    this.#stream = stream;
    if (!stream || stream.getAudioTracks().length === 0) return;
    try {
      const context = (this.#context = new AudioContext());
      const analyser = context.createAnalyser();
      analyser.fftSize = 1024;
      context.createMediaStreamSource(stream).connect(analyser);
      void context.resume().catch(() => {});
      const samples = new Float32Array(analyser.fftSize);
      this.#timer = setInterval(() => {
        analyser.getFloatTimeDomainData(samples);
        const power = samples.reduce((sum, value) => sum + value * value, 0) / samples.length;
        // -60 dBFS is silence, 0 dBFS is full.
        onLevel(power > 0 ? Math.min(1, Math.max(0, 1 + (10 * Math.log10(power)) / 60)) : 0);
      }, 50);
    } catch {
      // A browser without Web Audio has no meter.
    }
  }

  stop(): void {
    clearInterval(this.#timer);
    void this.#context?.close().catch(() => {});
    this.#context = undefined;
    this.#stream = undefined;
  }
}
