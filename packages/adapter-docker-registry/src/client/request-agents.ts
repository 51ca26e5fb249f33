/**
 * The connections of the client: a pool for each side, for each way in which a host is spoken to, and for each proxy. With
 * the request file the only one that knows undici.
 * @module
 */
import { Agent, buildConnector, Pool, ProxyAgent, type Dispatcher } from 'undici';
import { secureContext, type HostSettings } from './host-settings.js';
import type { Side } from './http.js';
import type { Proxy } from './proxy.js';

export interface ConnectionSettings {
  /** Connections to one address, for each side by itself. */
  readonly connections: number;
  /** Longest wait for a connection in milliseconds. */
  readonly connectTimeoutMs: number;
  /** The certificates of a host (`host[:port]`). The same object for hosts with the same. */
  readonly tls: (host: string) => Pick<HostSettings, 'ca' | 'clientCertificate' | 'insecure'>;
  readonly proxyFor: (url: URL) => Proxy | null;
}

export interface Agents {
  agentFor(side: Side, url: URL): Dispatcher;
  /** Ends every connection, also those in use. */
  close(): Promise<void>;
}

export function createAgents({ connections, connectTimeoutMs, tls, proxyFor }: ConnectionSettings): Agents {
  const agents = new Map<string, Dispatcher>();
  const numbers = new Map<object, number>();

  const make = (settings: ReturnType<typeof tls>, proxy: Proxy | null): Dispatcher => {
    const secure = { timeout: connectTimeoutMs, allowH2: false, ...secureContext(settings), ...(settings.insecure === true ? { rejectUnauthorized: false } : {}) };
    return proxy === null ? new Agent({ connections, allowH2: false, connect: secure }) : throughProxy(proxy, secure, connections, connectTimeoutMs);
  };

  return {
    agentFor(side, url) {
      const settings = tls(url.host);
      const proxy = proxyFor(url);
      const number = numbers.get(settings) ?? numbers.size;
      numbers.set(settings, number);
      const key = `${side} ${String(number)} ${proxy?.origin ?? ''}`;
      const known = agents.get(key);
      if (known !== undefined) return known;
      const made = make(settings, proxy);
      agents.set(key, made);
      return made;
    },
    async close() {
      const all = [...agents.values()];
      agents.clear();
      await Promise.all(all.map((agent) => agent.destroy()));
    },
  };
}

/**
 * HTTPS goes through a tunnel, so the proxy sees no more than a host name; plain HTTP is handed to the proxy, since many
 * open tunnels to port 443 alone.
 */
function throughProxy(proxy: Proxy, secure: buildConnector.BuildOptions, connections: number, timeout: number): Dispatcher {
  const connect = buildConnector({ timeout, allowH2: false });
  const toProxy: buildConnector.connector = (options, callback) => {
    connect(options, (fault, socket) => {
      if (fault === null) callback(null, socket);
      else callback(Object.assign(fault, { throughProxy: proxy.host }), null);
    });
  };
  return new ProxyAgent({
    uri: proxy.origin,
    ...(proxy.authorization === null ? {} : { token: proxy.authorization }),
    connections,
    allowH2: false,
    requestTls: secure,
    proxyTunnel: false,
    // One connection for each tunnel: their number is held back by that of the tunnels.
    clientFactory: (origin) => new Pool(origin, { connect: toProxy, headersTimeout: timeout }),
    // Asked for what is handed to the proxy, by its own address, and for each host at the end of a tunnel.
    factory: (origin, options) => new Pool(origin, Object.assign({}, options, { connections }, new URL(origin).origin === proxy.origin ? { connect: toProxy } : {})),
  });
}
