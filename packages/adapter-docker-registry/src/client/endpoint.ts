/**
 * From the registry of a reference to the address that is spoken to.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#endpoints
 * @module
 */
import { namesHost } from './host-settings.js';
import { isLoopbackHost } from './network-address.js';

export interface Endpoint {
  /** As in the reference: `docker.io`, `127.0.0.1:5000`. */
  readonly registry: string;
  /** `https://registry-1.docker.io`: where credentials may be sent. */
  readonly origin: string;
  /** Without port, in brackets for IPv6. */
  readonly hostname: string;
  readonly plainHttp: boolean;
}

/**
 * Which registries are spoken to without TLS. Undefined: those on a loopback address, as Docker does. A list: these
 * (`host[:port]`), and those on a loopback address. True: all. False: none.
 */
export type PlainHttp = boolean | readonly string[] | undefined;

/** The endpoint of a registry; null where the text is no host. */
export function endpointOf(registry: string, plainHttp: PlainHttp): Endpoint | null {
  const host = registry === 'docker.io' ? 'registry-1.docker.io' : registry;
  if (!/^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::\d{1,5})?$/.test(host) || !URL.canParse(`http://${host}`)) return null;
  const { hostname } = new URL(`http://${host}`);
  const plain = typeof plainHttp === 'boolean' ? plainHttp : isLoopbackHost(hostname) || (plainHttp !== undefined && namesHost(plainHttp, registry));
  return { registry, origin: new URL(`${plain ? 'http' : 'https'}://${host}`).origin, hostname, plainHttp: plain };
}
