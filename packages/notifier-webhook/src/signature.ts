/**
 * The signature of Standard Webhooks 1.0: HMAC-SHA256 over id, timestamp and body.
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme
 * @module
 */
import { createHmac } from 'node:crypto';
import { ConfigurationError } from '@davit/core';

const prefix = 'whsec_';
const shortestKey = 24;
const longestKey = 64;

/** The key of a secret, `whsec_` and base64. Throws without repeating any of it. */
export function signingKey(secret: string, field: string): Buffer {
  const encoded = typeof secret === 'string' && secret.startsWith(prefix) ? secret.slice(prefix.length) : '';
  const key = Buffer.from(encoded, 'base64');
  // Buffer passes over what is not base64; another program might not, and would sign with another key.
  const isBase64 = key.toString('base64').replace(/=+$/, '') === encoded.replace(/=+$/, '');
  if (!isBase64 || key.length < shortestKey || key.length > longestKey) {
    throw new ConfigurationError(`${field} must be ${prefix} followed by ${String(shortestKey)} to ${String(longestKey)} bytes in base64; make one with: echo ${prefix}$(openssl rand -base64 32)`, { field });
  }
  return key;
}

/** One signature a key, so that a receiver can change its secret without a gap. */
export function signatures(keys: readonly Buffer[], id: string, timestamp: number, body: string): string {
  return keys.map((key) => `v1,${createHmac('sha256', key).update(`${id}.${String(timestamp)}.${body}`).digest('base64')}`).join(' ');
}
