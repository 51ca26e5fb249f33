/**
 * Connections through a proxy. Loaded by those alone who have one.
 * @module
 */
import { isIP } from 'node:net';
import { buildConnector, Pool, ProxyAgent, type Dispatcher } from 'undici';
import type { Proxy } from './proxy.js';

/**
 * HTTPS goes through a tunnel, so the proxy sees no more than a host name; plain HTTP is handed to the proxy, since many
 * open tunnels to port 443 alone.
 *
 * @param toHost TLS with the host at the end of a tunnel, and the longest wait for a connection.
 * @param toProxy The same for the proxy itself.
 */
export function throughProxy(proxy: Proxy, toHost: buildConnector.BuildOptions, toProxy: buildConnector.BuildOptions & { readonly timeout: number }, limit: { readonly connections?: number }): Dispatcher {
  const connect = buildConnector(toProxy);
  const connectToProxy: buildConnector.connector = (options, callback) => {
    // An address is no name that TLS could be asked for.
    connect(isIP(options.hostname.replace(/^\[|\]$/g, '')) === 0 ? options : { ...options, servername: '' }, (fault, socket) => {
      if (fault === null) callback(null, socket);
      else callback(Object.assign(fault, { throughProxy: proxy.host }), null);
    });
  };
  return new ProxyAgent({
    uri: proxy.origin,
    ...(proxy.authorization === null ? {} : { token: proxy.authorization }),
    ...limit,
    allowH2: false,
    requestTls: toHost,
    proxyTunnel: false,
    // One connection for each tunnel: their number is held back by that of the tunnels.
    clientFactory: (origin) => new Pool(origin, { connect: connectToProxy, headersTimeout: toProxy.timeout }),
    // Asked for what is handed to the proxy, by its own address, and for each host at the end of a tunnel.
    factory: (origin, options) => new Pool(origin, Object.assign({}, options, limit, new URL(origin).origin === proxy.origin ? { connect: connectToProxy } : {})),
  });
}
