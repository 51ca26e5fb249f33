/**
 * Network faults: a request that got no answer, or a body that broke off, becomes one of Davit's errors here, and nowhere
 * else, by whatever a library throws. This is also where it is decided whether the same request may succeed later (G16).
 * @module
 */
import { failure, type RegistryError } from '@davit/core/adapter';
import { factsOf, sentence, type Asked } from './asked.js';
import { interrupted } from './errors.js';

/** What matters of what was thrown. */
interface Thrown {
  readonly code: string;
  readonly message: string;
  /** The proxy that was not reached. */
  readonly proxy?: string;
  /** It knows no certificate of ours. */
  readonly isStranger?: boolean;
}

type Fault = readonly [matches: (thrown: Thrown) => boolean, code: RegistryError['code'], says: string | ((thrown: Thrown, asked: Asked) => string), retryable: boolean];

const timeouts = new Set(['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT']);
const unreachable = new Set(['EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL']);
const lost = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'UND_ERR_SOCKET', 'ERR_STREAM_PREMATURE_CLOSE']);
const closed = new Set(['UND_ERR_DESTROYED', 'UND_ERR_CLOSED', 'UND_ERR_ABORTED', 'ABORT_ERR']);
const untrusted = /^(?:CERT_|ERR_TLS_CERT|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED_CERT|UNABLE_TO_(?:VERIFY|GET_ISSUER)|HOSTNAME_MISMATCH)/;
const aboutClient = /alert (bad certificate|unsupported certificate|certificate revoked|certificate expired|certificate unknown|unknown ca|access denied)/i;

const is = (...codes: readonly string[]) => ({ code }: Thrown): boolean => codes.includes(code);
const isOneOf = (codes: ReadonlySet<string>) => ({ code }: Thrown): boolean => codes.has(code);
const saysLike = (pattern: RegExp) => ({ message }: Thrown): boolean => pattern.test(message);

/** The first that matches counts. */
const faults: readonly Fault[] = [
  [({ proxy, code }) => proxy !== undefined && untrusted.test(code), 'registry_certificate', ({ proxy, code }) => `the certificate of the proxy ${proxy ?? ''} is not trusted (${code}); give its authority's in the option ca, or in hosts`, false],
  [({ proxy }) => proxy !== undefined, 'registry_unreachable', ({ proxy, code }) => `the proxy ${proxy ?? ''} cannot be reached (${code})`, true],
  [is('UND_ERR_BODY_TIMEOUT'), 'registry_timeout', 'the registry stopped sending', true],
  [isOneOf(timeouts), 'registry_timeout', 'the registry did not answer in time', true],
  [is('ECONNREFUSED'), 'registry_unreachable', 'the connection was refused; nothing listens there', true],
  [is('ENOTFOUND', 'EAI_AGAIN'), 'registry_unreachable', ({ code }) => `the name of the host does not resolve (${code})`, true],
  [isOneOf(unreachable), 'registry_unreachable', ({ code }) => `the host cannot be reached (${code})`, true],
  [isLost, 'registry_unreachable', 'the connection was lost on the way', true],
  [isOneOf(closed), 'interrupted', 'the adapter was closed', false],
  [speaksPlainHttp, 'registry_protocol', (_, { registry }) => `it answers in plain HTTP where HTTPS was spoken; if that is meant, name it in the option plainHttp: ['${registry}']`, false],
  [({ code }) => untrusted.test(code), 'registry_certificate', ({ code }) => `its certificate is not trusted (${code}); give the authority's certificate in the option ca, or name the registry in insecure`, false],
  [wantsCertificate, 'registry_certificate', 'it wants a certificate of its client; give one in the option clientCertificate', false],
  [saysLike(aboutClient), 'registry_certificate', ({ message }) => `it does not take the certificate that was shown (${aboutClient.exec(message)?.[1]?.toLowerCase() ?? ''}); look at the option clientCertificate`, false],
  [saysLike(/alert handshake failure/i), 'registry_protocol', 'the TLS handshake failed; if it wants a certificate of its client, give one in the option clientCertificate', false],
  [({ code }) => code === 'EPROTO' || code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS'), 'registry_protocol', ({ code }) => `the TLS handshake failed (${code})`, false],
  [is('UND_ERR_REQ_CONTENT_LENGTH_MISMATCH'), 'size_mismatch', 'the content is longer or shorter than its descriptor says', false],
  [is('UND_ERR_RES_CONTENT_LENGTH_MISMATCH'), 'size_mismatch', 'the body is longer or shorter than its Content-Length says', true],
  [({ code }) => code.startsWith('HPE_') || code === 'UND_ERR_HEADERS_OVERFLOW', 'registry_protocol', ({ code }) => `what answers there does not speak plain HTTP (${code}); if it speaks HTTPS, do not name it in plainHttp, and for a loopback address set plainHttp: false`, false],
];
const anyOther: Fault = [() => true, 'registry_unreachable', ({ code, message }) => `the request failed (${code === '' ? message : code})`, false];

/** The error for a request that got no answer, or a body that broke off. Whatever a library throws is read by its code. */
export function broken(asked: Asked, thrown: unknown, signal: AbortSignal): RegistryError {
  if (signal.aborted) return interrupted(asked);
  const inner = innermost(thrown);
  const facts = { ...factsOf(asked), cause: { code: inner.code, message: inner.message } };
  const tunnel = /^Proxy (?:response|Authentication Required) \((\d{3})\)/.exec(inner.message)?.[1];
  if (tunnel !== undefined) return proxyRefused(asked, Number(tunnel), facts);
  const [, code, says, retryable] = faults.find(([matches]) => matches(inner)) ?? anyOther;
  return failure(code, `${sentence(asked)}: ${typeof says === 'string' ? says : says(inner, asked)}`, { ...facts, retryable });
}

/** Whether a request was on its way when its connection broke. */
export function wasLost(thrown: unknown): boolean {
  return isLost(innermost(thrown));
}

function isLost({ code, message }: Thrown): boolean {
  // A body in chunks that ends before its last one, where the connection was to end with it: to the parser a fault of grammar.
  return lost.has(code) || (code.startsWith('HPE_') && /invalid EOF state/i.test(message));
}

/** Some servers say of a certificate that is missing what others say of a bad one. */
function wantsCertificate({ message, isStranger = false }: Thrown): boolean {
  return /alert certificate required/i.test(message) || (isStranger && aboutClient.test(message));
}

function speaksPlainHttp({ code, message }: Thrown): boolean {
  return code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG' || (code === 'EPROTO' && /wrong version number|packet length too long/i.test(message));
}

/** A proxy would not make the connection. */
function proxyRefused(asked: Asked, status: number, facts: Parameters<typeof failure>[2]): RegistryError {
  // Some proxies say 401 where they mean 407.
  const why = status === 407 || status === 401 ? 'the proxy wants a login, or another one; give it in the address of the proxy' : `the proxy does not connect to it: it answered ${String(status)}`;
  return failure('registry_unreachable', `${sentence(asked)}: ${why}`, { ...facts, status, retryable: status === 429 || status >= 500 });
}

/** Node and undici wrap what matters: an AggregateError of all addresses, or a cause beneath. */
function innermost(thrown: unknown): Thrown {
  if (typeof thrown !== 'object' || thrown === null) return { code: '', message: String(thrown) };
  const { code, name, message, cause, errors, throughProxy, isStranger } = thrown as { throughProxy?: string; isStranger?: boolean; code?: unknown; name?: unknown; message?: unknown; cause?: unknown; errors?: readonly unknown[] };
  if (throughProxy !== undefined) {
    const { code: inner, message: words } = innermost({ code, message, cause, errors });
    return { code: inner, message: words, proxy: throughProxy };
  }
  // The parser's errors come without a code.
  if (name === 'HTTPParserError' && typeof message === 'string') return { code: typeof code === 'string' ? code : 'HPE_INVALID', message };
  if (typeof code === 'string' && code !== '') return { code, message: typeof message === 'string' ? message : '', ...(isStranger === true ? { isStranger } : {}) };
  const inner = errors?.[0] ?? cause;
  if (inner !== undefined) return innermost(inner);
  return { code: '', message: typeof message === 'string' ? message : 'unknown' };
}
