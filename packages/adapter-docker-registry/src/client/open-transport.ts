/**
 * From options to connections: the certificates of each host, and the proxies.
 * @module
 */
import { hostKey, namesHost, secretsOfHosts, settingsOf, type ClientCertificate, type Hosts, type HostSettings, type Pem } from './host-settings.js';
import type { Transport } from './http.js';
import { readProxies } from './proxy.js';
import { createTransport } from './request.js';
import { stoppable } from './stoppable.js';

/** How hosts are reached; each may be given for one host alone in `hosts`. */
export interface ConnectionOptions {
  /** Certificates of authorities to trust instead of the system's, as PEM. */
  readonly ca?: Pem;
  /** Shown to every registry that asks for one. Default: none. */
  readonly clientCertificate?: ClientCertificate;
  /** Registries (`host[:port]`) whose certificate is not checked; true for all. Default: none. */
  readonly insecure?: boolean | readonly string[];
  /** What differs for one host, by `host[:port]`. A token service, a blob storage elsewhere and a proxy are hosts of their own. */
  readonly hosts?: Hosts;
  /** The address of a proxy, or false for none. Default: `HTTPS_PROXY` and `HTTP_PROXY`; `NO_PROXY` and loopback addresses are left out of any. */
  readonly proxy?: string | false;
  /** Where proxies are looked for. Default: `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Connections to one address for reading, and as many for writing. Default: 10. */
  readonly connections?: number;
}

const defaultConnections = 10;
const longestConnectMs = 10_000;

/**
 * The connections of an adapter, and the secrets in its options. Throws a `ConfigurationError` that names the adapter where
 * the address of a proxy is none.
 */
export function openTransport(adapter: string, options: ConnectionOptions, timeoutMs: number): { readonly transport: Transport; readonly secrets: readonly string[] } {
  const { ca, clientCertificate, insecure = false, hosts, proxy, environment = process.env, connections = defaultConnections } = options;
  const proxies = readProxies(adapter, proxy, environment);
  const forAll = { ...(ca === undefined ? {} : { ca }), ...(clientCertificate === undefined ? {} : { clientCertificate }) };
  const checked: HostSettings = { ...forAll, insecure: false };
  const unseen: HostSettings = { ...forAll, insecure: true };
  const known = new Map<string, HostSettings>();
  const tls = (host: string): HostSettings => {
    const key = hostKey(host);
    let settings = known.get(key);
    if (settings === undefined) {
      const common = namesHost(insecure, host) ? unseen : checked;
      const own = settingsOf(hosts, host);
      settings = Object.keys(own).length === 0 ? common : { ...common, ...own };
      known.set(key, settings);
    }
    return settings;
  };
  const transport = createTransport({ connections, connectTimeoutMs: Math.min(timeoutMs, longestConnectMs), tls, proxyFor: (url) => proxies.proxyFor(url) });
  return { transport: stoppable(transport), secrets: [...proxies.secrets, ...secretsOfHosts([forAll, ...Object.values(hosts ?? {})])] };
}
