/**
 * The error file: every status and every network failure becomes one of Davit's errors here, and nowhere else. This is
 * also where it is decided whether the same request may succeed later (G16).
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

const timeouts = new Set(['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT']);
const unreachable = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL']);
const lost = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'UND_ERR_SOCKET', 'ERR_STREAM_PREMATURE_CLOSE']);
const closed = new Set(['UND_ERR_DESTROYED', 'UND_ERR_CLOSED', 'UND_ERR_ABORTED', 'ABORT_ERR']);
const untrusted = /^(?:CERT_|ERR_TLS_CERT|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED_CERT|UNABLE_TO_(?:VERIFY|GET_ISSUER)|HOSTNAME_MISMATCH)/;

/** The error for a request that got no answer, or a body that broke off. Whatever a library throws is read by its code. */
export function broken(asked: Asked, thrown: unknown, signal: AbortSignal): RegistryError {
  if (signal.aborted) return interrupted(asked);
  const { code, message, proxy } = innermost(thrown);
  const extra = { ...factsOf(asked), cause: { code, message } };
  const fail = (kind: RegistryError['code'], what: string, retryable: boolean): RegistryError => failure(kind, `${sentence(asked)}: ${what}`, { ...extra, retryable });

  const tunnel = /^Proxy (?:response|Authentication Required) \((\d{3})\)/.exec(message)?.[1];
  if (tunnel !== undefined) return proxyRefused(asked, Number(tunnel), extra);
  if (proxy !== undefined && untrusted.test(code)) return fail('registry_certificate', `the certificate of the proxy ${proxy} is not trusted (${code}); give its authority's in the option ca, or in hosts`, false);
  if (proxy !== undefined) return fail('registry_unreachable', `the proxy ${proxy} cannot be reached (${code})`, true);
  if (timeouts.has(code)) return fail('registry_timeout', code === 'UND_ERR_BODY_TIMEOUT' ? 'the registry stopped sending' : 'the registry did not answer in time', true);
  if (code === 'ECONNREFUSED') return fail('registry_unreachable', 'the connection was refused; nothing listens there', true);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return fail('registry_unreachable', `the name of the host does not resolve (${code})`, true);
  if (unreachable.has(code)) return fail('registry_unreachable', `the host cannot be reached (${code})`, true);
  if (lost.has(code)) return fail('registry_unreachable', 'the connection was lost on the way', true);
  if (closed.has(code)) return fail('interrupted', 'the adapter was closed', false);
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG' || (code === 'EPROTO' && /wrong version number|packet length too long/i.test(message))) {
    return fail('registry_protocol', `it answers in plain HTTP where HTTPS was spoken; if that is meant, name it in the option plainHttp: ['${asked.registry}']`, false);
  }
  if (untrusted.test(code)) return fail('registry_certificate', `its certificate is not trusted (${code}); give the authority's certificate in the option ca, or name the registry in insecure`, false);
  const alert = /alert (certificate required|bad certificate|unsupported certificate|certificate revoked|certificate expired|certificate unknown|unknown ca|access denied)/i.exec(message)?.[1]?.toLowerCase();
  if (alert === 'certificate required') return fail('registry_certificate', 'it wants a certificate of its client; give one in the option clientCertificate', false);
  if (alert !== undefined) return fail('registry_certificate', `it does not take the certificate that was shown (${alert}); look at the option clientCertificate`, false);
  if (/alert handshake failure/i.test(message)) return fail('registry_protocol', 'the TLS handshake failed; if it wants a certificate of its client, give one in the option clientCertificate', false);
  if (code === 'EPROTO' || code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS')) return fail('registry_protocol', `the TLS handshake failed (${code})`, false);
  if (code === 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH') return fail('size_mismatch', 'the content is longer or shorter than its descriptor says', false);
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') return fail('size_mismatch', 'the body is longer or shorter than its Content-Length says', true);
  if (code.startsWith('HPE_') || code === 'UND_ERR_HEADERS_OVERFLOW') return fail('registry_protocol', `what answers there does not speak plain HTTP (${code}); if it speaks HTTPS, do not name it in plainHttp, and for a loopback address set plainHttp: false`, false);
  return fail('registry_unreachable', `the request failed (${code === '' ? message : code})`, false);
}

/** A proxy would not make the connection. */
function proxyRefused(asked: Asked, status: number, facts: Parameters<typeof failure>[2]): RegistryError {
  // Some proxies say 401 where they mean 407.
  const why = status === 407 || status === 401 ? 'the proxy wants a login, or another one; give it in the address of the proxy' : `the proxy does not connect to it: it answered ${String(status)}`;
  return failure('registry_unreachable', `${sentence(asked)}: ${why}`, { ...facts, status, retryable: status === 429 || status >= 500 });
}

/** Node and undici wrap what matters: an AggregateError of all addresses, or a cause beneath. */
function innermost(thrown: unknown): { readonly code: string; readonly message: string; readonly proxy?: string } {
  if (typeof thrown !== 'object' || thrown === null) return { code: '', message: String(thrown) };
  const { code, name, message, cause, errors, throughProxy } = thrown as { throughProxy?: string; code?: unknown; name?: unknown; message?: unknown; cause?: unknown; errors?: readonly unknown[] };
  if (throughProxy !== undefined) {
    const { code: inner, message: words } = innermost({ code, message, cause, errors });
    return { code: inner, message: words, proxy: throughProxy };
  }
  // The parser's errors come without a code.
  if (name === 'HTTPParserError' && typeof message === 'string') return { code: typeof code === 'string' ? code : 'HPE_INVALID', message };
  if (typeof code === 'string' && code !== '') return { code, message: typeof message === 'string' ? message : '' };
  const inner = errors?.[0] ?? cause;
  if (inner !== undefined) return innermost(inner);
  return { code: '', message: typeof message === 'string' ? message : 'unknown' };
}

export function interrupted(asked: Asked): RegistryError {
  return failure('interrupted', `${sentence(asked)}: it was interrupted`, factsOf(asked));
}

/** The answer is none that the specification knows. */
export function protocolError(asked: Asked, what: string): RegistryError {
  return failure('registry_protocol', `${sentence(asked)}: ${what}`, factsOf(asked));
}
