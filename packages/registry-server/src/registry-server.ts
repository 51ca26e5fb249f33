/**
 * Starts a registry over HTTP in this process.
 * @module
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Answer, RegistryRequest } from './answer.js';
import { basicAuth, openToAll, type Authenticator, type BasicAuthOptions } from './auth/authenticator.js';
import { tokenAuth, type TokenAuthOptions } from './auth/token-auth.js';
import { githubPackages, type GithubPackagesOptions } from './behaviour/github-packages.js';
import { forwardTo } from './behaviour/upstream.js';
import { serve, splitUrl } from './connection.js';
import { Faults } from './faults.js';
import { defaultFeatures, type Registry, type RegistryFeatures } from './registry.js';
import { RegistryStore } from './registry-store.js';
import { RequestLog, type LoggedRequest } from './request-log.js';
import { routeOf, storageOf } from './routes/router.js';
import { openCatalog } from './store/catalog-files.js';
import { Catalog } from './store/catalog.js';
import { diskBlobStore } from './store/disk-blob-store.js';
import { memoryBlobStore } from './store/memory-blob-store.js';
import { Uploads } from './store/uploads.js';

export interface RegistryServerOptions extends Partial<RegistryFeatures> {
  /** Where images are kept; a server started on the same directory has them again. Default: in memory. */
  readonly storage?: { readonly directory: string };
  /** Default: everybody may do everything. */
  readonly auth?: BasicAuthOptions | TokenAuthOptions;
  /** Answers GitHub's API of packages beside the registry's, to the users of `auth`. Default: no. */
  readonly githubPackages?: GithubPackagesOptions;
  /** The address of another registry (`http://127.0.0.1:5000`) that answers instead of this one, whose faults stay. Default: none. */
  readonly upstream?: string;
  /** Default: any free one. */
  readonly port?: number;
  /** The address to listen on. Default 127.0.0.1. */
  readonly host?: string;
  /** Milliseconds since 1970. Default: the system's clock. */
  readonly now?: () => number;
}

export interface RegistryServer {
  /** As it stands in references: `127.0.0.1:41234`. */
  readonly host: string;
  /** `http://127.0.0.1:41234`. */
  readonly url: string;
  readonly requests: RequestLog;
  readonly faults: Faults;
  readonly store: RegistryStore;
  /** Uploads that were begun and neither finished nor given up. */
  readonly openUploads: number;
  /** Makes every token issued so far an expired one; refresh tokens stay good. */
  expireTokens(): void;
  /** Ends every connection. Safe to call twice. */
  close(): Promise<void>;
}

/**
 * Starts a registry; it lives in this process's event loop, so a program that talks to it must be run without blocking that.
 * Rejects where the port is taken or the directory cannot be used.
 */
export async function startRegistryServer(options: RegistryServerOptions = {}): Promise<RegistryServer> {
  const { storage, auth, upstream, githubPackages: packages, port = 0, host: address = '127.0.0.1', now = Date.now, ...features } = options;
  const blobs = storage === undefined ? memoryBlobStore() : await diskBlobStore(storage.directory);
  const catalog = storage === undefined ? new Catalog() : await openCatalog(storage.directory);
  const uploads = new Uploads(blobs);
  const requests = new RequestLog();
  const faults = new Faults(now);
  let url = '';
  const registry: Registry = { features: { ...defaultFeatures, ...features }, blobs, catalog, uploads, origin: () => url };

  const authenticator = authenticatorOf(auth, () => url, now);

  const beside = packages === undefined ? undefined : githubPackages(registry, auth?.users ?? [], packages);

  const own = async (request: RegistryRequest): Promise<Answer> => {
    const other = authenticator.answer(request) ?? beside?.(request) ?? storageOf(registry, request);
    if (other !== undefined) return other;
    const route = routeOf(registry, request);
    return route.answer(authenticator.authorize(request, route.needs));
  };

  const handle = upstream === undefined ? own : forwardTo(upstream);

  // Clients keep connections; one that closes between two requests would make tests fail by chance.
  const http = createServer({ keepAliveTimeout: 120_000, requestTimeout: 0 }, (request, response) => {
    const method = request.method ?? 'GET';
    const { path, query } = splitUrl(request.url ?? '/');
    const entry = requests.begin({ method, path, query, startedAt: now(), authorization: schemeOf(request.headers.authorization) });
    void serve({ request, response, url: { path, query }, entry, effects: faults.take(method, path + query), handle });
  });
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(port, address, resolve);
  });
  const bound = http.address() as AddressInfo;
  const host = `${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${String(bound.port)}`;
  url = `http://${host}`;

  let closing: Promise<void> | undefined;
  return {
    host,
    url,
    requests,
    faults,
    store: new RegistryStore(blobs, catalog),
    get openUploads() {
      return uploads.open;
    },
    expireTokens: () => authenticator.expireTokens(),
    close() {
      closing ??= new Promise<void>((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }).then(() => uploads.discardAll());
      return closing;
    },
  };
}

function authenticatorOf(auth: RegistryServerOptions['auth'], origin: () => string, now: () => number): Authenticator {
  if (auth === undefined) return openToAll;
  return auth.kind === 'basic' ? basicAuth(auth) : tokenAuth(auth, origin, now);
}

function schemeOf(authorization: string | undefined): LoggedRequest['authorization'] {
  if (authorization === undefined) return 'none';
  const scheme = authorization.split(' ')[0]?.toLowerCase();
  return scheme === 'basic' || scheme === 'bearer' ? scheme : 'other';
}
