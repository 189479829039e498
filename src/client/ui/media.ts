/** The microphone that is open, for level meters; main.ts says where it comes from. */
let source: () => MediaStream | undefined = () => undefined;

export function provideMicrophone(from: () => MediaStream | undefined): void {
  source = from;
}

export function microphoneStream(): MediaStream | undefined {
  return source();
}
