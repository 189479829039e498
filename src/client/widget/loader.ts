import { define, deliver, GwCall } from './element.js';
import type { PhoneCore } from './types.js';

// Put in by the build: what this loader was built together with.
declare const __CORE_PATH__: string;
declare const __CORE_INTEGRITY__: string;
declare const __VERSION__: string;

export { GwCall };
export const version = __VERSION__;

/**
 * The phone's file, checked. import() takes no integrity, and a blob of fetched text would need script-src blob:. A module
 * script element does take it; what it has loaded and checked stands in the page's module map, where import() of the same
 * address finds it without asking the network again (HTML standard, "fetch a single module script").
 */
async function load(): Promise<PhoneCore> {
  const url = new URL(__CORE_PATH__, import.meta.url);
  // The module map keeps failures for ever: another try needs another address.
  if (tries++ > 0) url.searchParams.set('try', String(tries));
  await run(url.href);
  return (await import(url.href)) as PhoneCore;
}

let tries = 0;

function run(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.type = 'module';
    script.crossOrigin = 'anonymous';
    script.integrity = __CORE_INTEGRITY__;
    script.addEventListener('load', () => resolve());
    script.addEventListener('error', () => reject(new Error(`gw-call: ${url} was not loaded, or is not the file that this loader belongs to`)));
    script.src = trusted(url);
    document.head.append(script);
  });
}

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string };
}

let policy: ReturnType<TrustedTypes['createPolicy']> | undefined;

/** Pages that require Trusted Types allow our policy by name: trusted-types gw-call. */
function trusted(url: string): string {
  const types = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
  policy ??= types?.createPolicy('gw-call', { createScriptURL: (given) => given });
  return policy?.createScriptURL(url) ?? url;
}

deliver({ load, gateway: new URL(import.meta.url).origin });
define();
