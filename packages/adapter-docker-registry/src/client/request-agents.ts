/**
 * The connections of the client: a pool for each side, for each way in which a host is spoken to, and for each proxy.
 * @module
 */
import type { Dispatcher } from 'undici';
// Not from undici's index, see docs/decisions/0006-undici-in-parts.md.
import Agent from 'undici/lib/dispatcher/agent.js';
import { tlsOptions, type HostSettings } from './host-settings.js';
import type { Side } from './http.js';
import type { Proxy } from './proxy.js';

export interface ConnectionSettings {
  /** Connections to one address, for each side by itself; `resume` has no limit. */
  readonly connections: number;
  /** Longest wait for a connection in milliseconds. */
  readonly connectTimeoutMs: number;
  /** The certificates of a host (`host[:port]`). The same object for hosts with the same. */
  readonly tls: (host: string) => Pick<HostSettings, 'ca' | 'clientCertificate' | 'insecure'>;
  readonly proxyFor: (url: URL) => Proxy | null;
}

export interface Agents {
  agentFor(side: Side, url: URL): Promise<Dispatcher>;
  /** Ends every connection, also those in use. */
  close(): Promise<void>;
}

export function createAgents({ connections, connectTimeoutMs, tls, proxyFor }: ConnectionSettings): Agents {
  const agents = new Map<string, Promise<Dispatcher>>();
  const numbers = new Map<object, number>();

  const secureWith = (settings: ReturnType<typeof tls>) => ({ timeout: connectTimeoutMs, allowH2: false, ...tlsOptions(settings) });

  const make = async (side: Side, settings: ReturnType<typeof tls>, proxy: Proxy | null): Promise<Dispatcher> => {
    const limit = side === 'resume' ? {} : { connections };
    if (proxy === null) return new Agent({ ...limit, allowH2: false, connect: secureWith(settings) });
    const { throughProxy } = await import('./request-proxy.js');
    return throughProxy(proxy, secureWith(settings), secureWith(tls(proxy.host)), limit);
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
      const made = make(side, settings, proxy);
      agents.set(key, made);
      return made;
    },
    async close() {
      const all = [...agents.values()];
      agents.clear();
      await Promise.all(all.map(async (agent) => (await agent).destroy()));
    },
  };
}
