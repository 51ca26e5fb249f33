/**
 * The token service that a registry with token authentication sends its clients to: answers Basic credentials with a
 * signed token for the scopes that were asked for, as distribution's token specification has it.
 * @module
 */
import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { run } from './run.js';
import { tool } from './tools.js';

export interface TokenServiceOptions {
  readonly user: string;
  readonly password: string;
  /** How long a token is good for; default 300. The registry allows 60 s of clock skew on top. */
  readonly expiresInSeconds?: number;
}

export interface TokenService {
  /** The address that the registry's challenge names. */
  readonly realm: string;
  readonly service: string;
  readonly issuer: string;
  /** The certificate, in a PEM file, whose key signs the tokens. */
  readonly certificate: string;
  /** The scopes of each request that was granted, in order. */
  readonly granted: readonly (readonly string[])[];
  readonly stop: () => Promise<void>;
}

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A key's id as the registry computes it: 240 bits of the hash of its DER form, base32, in groups of four. */
function keyId(spki: Buffer): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...createHash('sha256').update(spki).digest().subarray(0, 30)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const letters = (bits.match(/.{5}/g) ?? []).map((five) => alphabet.charAt(Number.parseInt(five, 2))).join('');
  return (letters.match(/.{4}/g) ?? []).join(':');
}

/** Serves tokens in this process, on a free loopback port; its certificate is written into the directory. Needs `openssl`. */
export async function startTokenService(options: TokenServiceOptions, directory: string): Promise<TokenService> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const keyFile = join(directory, 'token-key.pem');
  const certificate = join(directory, 'token-certificate.pem');
  writeFileSync(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  await run(tool('openssl'), ['req', '-x509', '-new', '-key', keyFile, '-subj', '/CN=token service', '-days', '2', '-out', certificate]);
  const kid = keyId(publicKey.export({ type: 'spki', format: 'der' }));

  const names = { service: 'registry of a test', issuer: 'token service of a test' };
  const lifetime = options.expiresInSeconds ?? 300;
  const granted: string[][] = [];
  const login = `Basic ${Buffer.from(`${options.user}:${options.password}`).toString('base64')}`;

  const token = (scopes: readonly string[]): string => {
    const now = Math.floor(Date.now() / 1000);
    // `repository:team/app:pull,push`; the name may hold colons, the first and last part may not.
    const access = scopes.map((scope) => ({ type: scope.slice(0, scope.indexOf(':')), name: scope.slice(scope.indexOf(':') + 1, scope.lastIndexOf(':')), actions: scope.slice(scope.lastIndexOf(':') + 1).split(',') }));
    const claims = { iss: names.issuer, sub: options.user, aud: names.service, iat: now, nbf: now - 10, exp: now + lifetime, jti: randomUUID(), access };
    const signed = `${base64url({ typ: 'JWT', alg: 'ES256', kid })}.${base64url(claims)}`;
    return `${signed}.${sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
  };

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://token');
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (request.method !== 'GET' || url.pathname !== '/token') answer(405, {});
    else if (request.headers.authorization !== login) answer(401, { errors: [{ code: 'UNAUTHORIZED', message: 'wrong credentials' }] });
    else {
      const scopes = url.searchParams.getAll('scope').flatMap((scope) => scope.split(' ')).filter((scope) => scope !== '');
      granted.push(scopes);
      answer(200, { token: token(scopes), expires_in: lifetime, issued_at: new Date().toISOString() });
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the token service has no port');
  return {
    ...names,
    realm: `http://127.0.0.1:${String(bound.port)}/token`,
    certificate,
    granted,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
