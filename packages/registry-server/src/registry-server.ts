/**
 * Starts a registry over HTTP in this process.
 * @module
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Answer, RegistryRequest } from './answer.js';
import { serve, splitUrl } from './connection.js';
import { Faults } from './faults.js';
import { defaultFeatures, type Registry, type RegistryFeatures } from './registry.js';
import { RegistryStore } from './registry-store.js';
import { RequestLog, type LoggedRequest } from './request-log.js';
import { routeOf } from './routes/router.js';
import { Catalog } from './store/catalog.js';
import { memoryBlobStore } from './store/memory-blob-store.js';
import { Uploads } from './store/uploads.js';

export interface RegistryServerOptions extends Partial<RegistryFeatures> {
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
  /** Ends every connection. Safe to call twice. */
  close(): Promise<void>;
}

export async function startRegistryServer(options: RegistryServerOptions = {}): Promise<RegistryServer> {
  const { port = 0, host: address = '127.0.0.1', now = Date.now, ...features } = options;
  const blobs = memoryBlobStore();
  const catalog = new Catalog();
  const uploads = new Uploads(blobs);
  const requests = new RequestLog();
  const faults = new Faults(now);
  let url = '';
  const registry: Registry = { features: { ...defaultFeatures, ...features }, blobs, catalog, uploads, origin: () => url };

  const handle = async (request: RegistryRequest): Promise<Answer> => {
    const route = routeOf(registry, request);
    return withVersion(await route.answer(() => true));
  };

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
    close() {
      closing ??= new Promise<void>((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }).then(() => uploads.discardAll());
      return closing;
    },
  };
}

function withVersion(answer: Answer): Answer {
  return { ...answer, headers: { 'docker-distribution-api-version': 'registry/2.0', ...answer.headers } };
}

function schemeOf(authorization: string | undefined): LoggedRequest['authorization'] {
  if (authorization === undefined) return 'none';
  const scheme = authorization.split(' ')[0]?.toLowerCase();
  return scheme === 'basic' || scheme === 'bearer' ? scheme : 'other';
}
