/**
 * What a failed connection says: something about the endpoint, or only that this machine could not ask.
 * @module
 */
import { causeOf } from '@davit/core';
import type { Attempt } from './ask-until-steady.js';

/** Faults of the asking side: no network, no names, no ports or files left. */
const oursAlone = new Set(['EAI_AGAIN', 'ENETUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL', 'EMFILE', 'ENFILE', 'ENOBUFS', 'EACCES', 'EPERM']);

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused: nothing listens there',
  ECONNRESET: 'the connection was reset',
  ENOTFOUND: 'the host name does not exist',
  EHOSTUNREACH: 'the host cannot be reached',
  ETIMEDOUT: 'the connection timed out',
  UND_ERR_CONNECT_TIMEOUT: 'the connection timed out',
  UND_ERR_SOCKET: 'the connection was closed before the answer was complete',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'the connection was closed before the answer was complete',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself; name the authority in `ca`',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate comes from an unknown authority; name it in `ca`',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate comes from an unknown authority; name it in `ca`',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate comes from an unknown authority; name it in `ca`',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS on that port',
  EAI_AGAIN: 'host names cannot be looked up on this machine',
  ENETUNREACH: 'this machine has no network to it',
};

export function networkFault(thrown: unknown): Attempt {
  const { code = '', message } = causeOf(thrown);
  return { verdict: oursAlone.has(code) ? 'unknown' : 'bad', summary: words[code] ?? (code === '' || message.includes(code) ? message : `${message} (${code})`) };
}
