/**
 * Refusals: every answer that was not wanted becomes one of Davit's errors here, and nowhere else, by its status and by what
 * the registry says. This is also where it is decided whether the same request may succeed later (G16).
 * @module
 */
import { failure, type RegistryError } from '@davit/core/adapter';
import { factsOf, sentence, type Asked } from './asked.js';
import type { RegistryWords } from './registry-words.js';
import { retryAfterMs } from './retry-after.js';

/** A refusal, as far as errors need it. */
export interface Refusal {
  readonly status: number;
  readonly method: string;
  readonly words: RegistryWords;
  readonly header: (name: string) => string | undefined;
  /** Who refused; `storage` is another host that the registry redirected to, `API` one beside the registry's own. */
  readonly by: 'registry' | 'storage' | 'token service' | 'API';
  readonly host: string;
}

/** What a registry with ways of its own changes about the reading of a refusal; see {@link Dialect}. */
export interface Reading {
  readonly code?: RegistryError['code'];
  readonly retryable?: boolean;
  readonly retryAfterMs?: number;
  readonly hint?: string;
}

const notFound: Readonly<Record<Asked['subject'], RegistryError['code']>> = {
  manifest: 'manifest_not_found',
  blob: 'blob_not_found',
  upload: 'registry_refused',
  'manifest upload': 'registry_refused',
  token: 'registry_protocol',
};

/** Codes of the specification that say more than the status does. */
const byWords: Readonly<Record<string, RegistryError['code']>> = {
  TOOMANYREQUESTS: 'registry_rate_limited',
  BLOB_UNKNOWN: 'blob_not_found',
  MANIFEST_UNKNOWN: 'manifest_not_found',
  MANIFEST_BLOB_UNKNOWN: 'blob_not_found',
  DIGEST_INVALID: 'digest_mismatch',
  SIZE_INVALID: 'size_mismatch',
  DENIED: 'registry_denied',
};

function codeOf({ subject }: Asked, { status, words, by }: Refusal): RegistryError['code'] {
  if (status === 429) return 'registry_rate_limited';
  if (status === 401) return words.code === 'DENIED' ? 'registry_denied' : 'registry_unauthorized';
  if (status === 408) return 'registry_timeout';
  if (status === 425 || status >= 500) return status === 501 || status === 505 ? 'registry_refused' : 'registry_unavailable';
  if (status === 413 && subject === 'manifest upload') return 'manifest_too_large';
  const said = by === 'storage' || words.code === null ? undefined : byWords[words.code];
  if (said !== undefined) return said;
  if (status === 403) return 'registry_denied';
  if (status === 404) return notFound[by === 'token service' ? 'token' : subject];
  if (status >= 400) return 'registry_refused';
  return 'registry_protocol';
}

function isRetryable(code: RegistryError['code'], { subject }: Asked, { status, words, by }: Refusal): boolean {
  if (code === 'registry_rate_limited' || code === 'registry_timeout' || code === 'registry_unavailable') return true;
  // The address of a blob in storage is signed for minutes; the next request gets a new one.
  if (by === 'storage' && (status === 401 || status === 403)) return true;
  // The session is gone, which happens when a registry of several machines forgets it; a new one may work.
  if (subject === 'upload' && (words.code === 'BLOB_UPLOAD_UNKNOWN' || words.code === 'BLOB_UPLOAD_INVALID' || status === 416)) return true;
  // What was sent had been checked, so it was damaged on the way.
  return (code === 'digest_mismatch' || code === 'size_mismatch') && (subject === 'upload' || subject === 'manifest upload');
}

/** The error for an answer with a status that was not wanted. */
export function refused(asked: Asked, refusal: Refusal, now: number, reading: Reading = {}): RegistryError {
  const { status, method, words, header, by, host } = refusal;
  const code = reading.code ?? codeOf(asked, refusal);
  const waitMs = reading.retryAfterMs ?? retryAfterMs(header('retry-after'), header('date'), now);
  const retryable = reading.retryable ?? isRetryable(code, asked, refusal);
  const said = [words.code, words.text].filter((part) => part !== null && part !== '').join(': ');
  const who = by === 'registry' ? 'the registry' : `the ${by} at ${host}`;
  const hint = reading.hint ?? hintFor(refusal);
  const wait = retryable && waitMs !== undefined ? `; it asks to wait ${String(Math.ceil(waitMs / 1000))} s` : '';
  return failure(code, `${sentence(asked)}: ${who} answered ${String(status)}${said === '' ? '' : ` ${said}`}${wait}${hint === undefined ? '' : ` (${hint})`}`, {
    ...factsOf(asked),
    status,
    method,
    retryable,
    ...(retryable ? { retryAfterMs: waitMs } : {}),
  });
}

function hintFor({ status, words }: Refusal): string | undefined {
  if (status === 407) return 'the proxy wants a login, or another one; give it in the address of the proxy';
  if (status === 400 && /HTTP request to an HTTPS server|plain HTTP request was sent to HTTPS port/i.test(words.text)) return 'the registry speaks HTTPS: do not name it in plainHttp; for one on a loopback address, set plainHttp: false';
  if (status >= 300 && status < 400) return 'a redirect that cannot be followed';
  return undefined;
}
