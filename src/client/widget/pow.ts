import { firstWord } from './sha256.js';

// The page stays alive meanwhile: a slice of work, then a breath.
const slice = 2000;

/** Finds n so that SHA-256("challenge:n") begins with enough zero bits; answers "challenge:n". */
export async function solve(challenge: string, bits: number, signal?: AbortSignal): Promise<string> {
  const encoder = new TextEncoder();
  for (let n = 0; ; n++) {
    if (n % slice === slice - 1) {
      await new Promise((resolve) => setTimeout(resolve));
      if (signal?.aborted) throw new DOMException('given up', 'AbortError');
    }
    const answer = `${challenge}:${n}`;
    if (Math.clz32(firstWord(encoder.encode(answer))) >= bits) return answer;
  }
}
