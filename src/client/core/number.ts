/** Turns what was typed or pasted into something to dial, and back into something to show. */

const fullWidth = /[\uFF01-\uFF5E]/g;
const separators = /[\s().\-/\u00A0\u2010-\u2015\u2212]/g;

/**
 * "＋86 (10) 1234-5678" → "+861012345678", "tel:+1-212-555" → "+1212555", "<sip:bob@example.org>" → "bob@example.org".
 * Empty when nothing in it can be dialled.
 */
export function cleanNumber(text: string): string {
  let value = text.replace(fullWidth, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0)).trim();
  value = value.replace(/^<|>$/g, '');
  if (/^tel:/i.test(value)) value = value.slice(4).split(';')[0] ?? '';
  if (/^sips?:/i.test(value) || value.includes('@')) {
    const address = value.replace(/^sips?:/i, '').split(';')[0]?.replace(/\s/g, '') ?? '';
    return /^[^@\s<>"]+@[^@\s<>"]+$/.test(address) ? address : userPart(address);
  }
  // Only a number loses its separators: a name such as anna-lena keeps them.
  const bare = value.replace(separators, '');
  return userPart(/^\+?[0-9*#]+$/.test(bare) ? bare : value);
}

function userPart(text: string): string {
  return /^[\p{L}\p{N}+*#_.!~'-]{1,128}$/u.test(text) ? text : '';
}

/** The request target: a bare number or name gets our domain. '#' must be escaped in a URI (RFC 3261 §25.1). */
export function targetUri(number: string, domain: string): string {
  const at = number.lastIndexOf('@');
  const user = at < 0 ? number : number.slice(0, at);
  const host = at < 0 ? domain : number.slice(at + 1);
  return `sip:${encodeURIComponent(user).replace(/%2B/g, '+')}@${host}`;
}

export function domainOf(aor: string): string {
  return aor.slice(aor.lastIndexOf('@') + 1);
}

/** One of the sixteen keys of RFC 4733 §3.2. */
export function isDigit(key: string): boolean {
  return /^[0-9*#A-D]$/.test(key);
}
