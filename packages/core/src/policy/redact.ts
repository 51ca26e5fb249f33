/**
 * The one place that decides what a secret is, and takes it out of everything that is kept, sent or shown (R95).
 * @module
 */
import type { Json } from '../json.js';

const mark = '[redacted]';
/** Shorter texts would blot out half of every message; adapters refuse such passwords in no way, they are just not hunted. */
const shortestSecret = 4;

// eslint-disable-next-line no-control-regex -- escape sequences are control characters
const escapes = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\))/g;

/** What a secret looks like although nobody registered it. The first group is kept. */
const patterns: readonly RegExp[] = [
  /\b((?:proxy-)?authorization["']?\s*[:=]\s*["']?(?:basic|bearer)\s+)[^\s"',;]+/gi,
  /\b(bearer\s+)[A-Za-z0-9._~+/-]{16,}=*/gi,
  /\b([a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:)[^\s/@]+(?=@)/gi,
  // DB_PASSWORD= too; but what stands behind a colon in shop/token:1.4.2 is a tag.
  /(?<![a-z0-9])((?:password|passwd|secret|token|api[_-]?key|access[_-]?key)["']?\s*(?:=|(?<!\/[\w.-]*):)\s*["']?)[^\s"',;&]{4,}/gi,
  /\b()(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|whsec_[A-Za-z0-9+/=]{16,})/g,
  /()-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
];

export type Redact = <T extends Json>(value: T) => T;

/** Makes a redactor for these secrets, in their usual encodings too. Keys of objects are left as they are. */
export function redactor(secrets: Iterable<string>): Redact {
  const forms = new Set<string>();
  for (const secret of secrets) {
    if (secret.length < shortestSecret) continue;
    for (const form of encodings(secret)) if (form.length >= shortestSecret) forms.add(form);
  }
  // The longest first, so that no form leaves the tail of a longer one behind.
  const ordered = [...forms].sort((a, b) => b.length - a.length);
  const clean = (text: string): string => {
    // Colours would stand between a word and what it names.
    let result = text.replace(escapes, '');
    for (const form of ordered) result = result.replaceAll(form, mark);
    for (const pattern of patterns) result = result.replace(pattern, `$1${mark}`);
    return result;
  };
  const walk = (value: Json): Json => {
    if (typeof value === 'string') return clean(value);
    if (Array.isArray(value)) return (value as readonly Json[]).map(walk);
    if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, walk(inner)]));
    return value;
  };
  return ((value) => walk(value)) as Redact;
}

function* encodings(secret: string): Generator<string> {
  yield secret;
  const base64 = Buffer.from(secret).toString('base64');
  yield base64;
  yield base64.replace(/=+$/, '');
  yield Buffer.from(secret).toString('base64url');
  yield Buffer.from(secret).toString('hex');
  yield encodeURIComponent(secret);
  yield JSON.stringify(secret).slice(1, -1);
}
