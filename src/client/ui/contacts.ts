/**
 * People and their numbers: the account's own contacts and the colleagues of this gateway, as the server knows them. They give
 * names to numbers and suggestions where one types; the phone works without them.
 */

interface Person {
  name: string;
  numbers: string[];
}

let known: readonly Person[] = [];
let byNumber = new Map<string, string>();

const normal = (number: string) => number.replace(/[\s().\-/]/g, '').toLowerCase();

export function provideContacts(people: readonly Person[]): void {
  known = people;
  byNumber = new Map(people.flatMap((person) => person.numbers.map((number) => [normal(number), person.name] as const)).reverse());
}

export function contactName(number: string): string | undefined {
  return byNumber.get(normal(number));
}

/** One line a number, for lists of suggestions. */
export function people(): { name: string; number: string }[] {
  return known.flatMap((person) => person.numbers.map((number) => ({ name: person.name, number })));
}

/** What was typed, or the number of the person whose name was. */
export function numberOf(text: string): string {
  const wanted = text.trim().toLowerCase();
  const person = known.find((one) => one.name.toLowerCase() === wanted);
  return person?.numbers[0] ?? text;
}

declare global {
  // Called by the contacts page when it has changed something.
  var gatewayContacts: { refresh: () => void } | undefined;
}

/** Asks the server, now and whenever the contacts page says so. */
export function attachContacts(url: string, changed: () => void): void {
  const load = async () => {
    try {
      const response = await fetch(url, { credentials: 'same-origin', cache: 'no-store', headers: { Accept: 'application/json' } });
      if (!response.ok) return;
      provideContacts((await response.json()) as Person[]);
      changed();
    } catch {
      // Without names the numbers stand for themselves.
    }
  };
  globalThis.gatewayContacts = { refresh: () => void load() };
  void load();
}
