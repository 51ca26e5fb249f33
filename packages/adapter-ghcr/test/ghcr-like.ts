/**
 * A registry with GitHub's ways: the in-process registry behind a small proxy that answers as GHCR does where GHCR differs.
 * @module
 */
import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startRegistryServer, type RegistryServer } from '@davit/registry-server';

export interface GhcrLike {
  /** What `baseUrl` is set to. */
  readonly url: string;
  /** The registry behind: its contents, its faults, its log. */
  readonly registry: RegistryServer;
  /** `GET /token?…`, in the order of arrival. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

/** The one who may push; `reader` may only pull. */
export const writer = { name: 'octocat', password: 'ghs_writer' };
const reader = { name: 'reader', password: 'ghp_reader', allow: [{ repository: '.*', actions: ['pull'] as const }] };

const chunkLimit = 4 * 1024 * 1024;

export async function startGhcrLike(): Promise<GhcrLike> {
  const registry = await startRegistryServer({ auth: { kind: 'token', users: [writer, reader], anonymousPull: true, service: 'ghcr.io' }, referrersApi: false, delete: false, locations: 'relative' });
  const requests: string[] = [];
  const inner = new URL(registry.url);
  let url = '';

  const server = createServer((request, response) => {
    const line = `${request.method ?? ''} ${request.url ?? ''}`;
    requests.push(line);
    const own = ownAnswer(request);
    if (own === undefined) pass(request, response);
    else {
      request.resume();
      response.writeHead(own.status, { 'content-type': 'application/json', ...own.headers }).end(own.body);
    }
  });

  function ownAnswer(request: IncomingMessage): { readonly status: number; readonly headers?: Record<string, string>; readonly body: string } | undefined {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://ghcr');
    const denied = { status: 403, body: JSON.stringify({ errors: [{ code: 'DENIED', message: 'permission_denied: The requested installation does not exist.' }] }) };
    if (pathname === '/token') {
      const pushes = searchParams.getAll('scope').some((scope) => /:[^:]*push/.test(scope));
      return pushes && passwordOf(request) !== writer.password ? denied : undefined;
    }
    if (pathname.includes('/referrers/')) return { status: 303, headers: { location: 'https://github.invalid/-/v2/packages' }, body: '' };
    if (request.method === 'DELETE') return { status: 405, body: JSON.stringify({ errors: [{ code: 'UNSUPPORTED', message: 'The operation is unsupported.' }] }) };
    if (request.headers['content-range'] !== undefined && Number(request.headers['content-length']) > chunkLimit) return { status: 416, body: JSON.stringify({ errors: [{ code: 'SIZE_INVALID', message: 'body is too large' }] }) };
    return undefined;
  }

  function pass(request: IncomingMessage, response: ServerResponse): void {
    // GHCR looks at the token and takes any name beside it.
    const account = [writer, reader].find(({ password }) => password === passwordOf(request));
    const login = account === undefined ? {} : { authorization: `Basic ${Buffer.from(`${account.name}:${account.password}`).toString('base64')}` };
    const passed = forward({ host: inner.hostname, port: inner.port, method: request.method, path: request.url, headers: { ...request.headers, ...login } }, (answer) => {
      const headers = { ...answer.headers };
      const challenge = headers['www-authenticate'];
      if (challenge !== undefined) headers['www-authenticate'] = `Bearer realm="${url}/token",service="ghcr.io",scope="repository:user/image:pull"`;
      if (request.url?.startsWith('/token') === true && answer.statusCode === 200) {
        // GHCR's answer holds the token and nothing else.
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ token: (JSON.parse(Buffer.concat(chunks).toString()) as { token: string }).token })));
        return;
      }
      response.writeHead(answer.statusCode ?? 500, headers);
      answer.pipe(response);
      answer.on('error', () => response.destroy());
    });
    passed.on('error', () => response.destroy());
    request.on('error', () => passed.destroy());
    request.pipe(passed);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  return {
    url,
    registry,
    requests,
    close: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await registry.close();
    },
  };
}

function passwordOf({ headers }: IncomingMessage): string | undefined {
  const encoded = /^Basic (.+)$/.exec(headers.authorization ?? '')?.[1];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString().replace(/^[^:]*:/, '');
}
