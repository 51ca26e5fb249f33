/**
 * Tokens that carry what they grant, signed so that nobody else can make one. Clients see opaque text.
 * @module
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Access } from './access.js';

export interface TokenClaims {
  readonly kind: 'access' | 'refresh';
  /** Null: anonymous. */
  readonly user: string | null;
  readonly service: string;
  readonly access: readonly Access[];
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  /** Tokens of an earlier generation are over, whatever they say. */
  readonly generation: number;
}

export interface TokenSigner {
  sign(claims: TokenClaims): string;
  /** Undefined where the signature is not ours. Expiry is not looked at. */
  read(token: string): TokenClaims | undefined;
}

export function tokenSigner(): TokenSigner {
  const key = randomBytes(32);
  const signature = (payload: string): Buffer => createHmac('sha256', key).update(payload).digest();
  return {
    sign(claims) {
      const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');
      return `${payload}.${signature(payload).toString('base64url')}`;
    },
    read(token) {
      const [payload = '', given = '', ...rest] = token.split('.');
      const expected = signature(payload);
      const actual = Buffer.from(given, 'base64url');
      if (rest.length > 0 || actual.length !== expected.length || !timingSafeEqual(actual, expected)) return undefined;
      return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as TokenClaims;
    },
  };
}
