/**
 * The realm guard: whether a token service, which the registry names in its challenge, may be contacted. A registry that
 * was taken over could otherwise have credentials sent to any address that this machine reaches.
 * @module
 */
import type { Endpoint } from './endpoint.js';
import { namesHost } from './host-settings.js';
import { isLocalHost, isLoopbackHost } from './network-address.js';

/**
 * The realm's address, or the reason why it is refused, as the end of a sentence. On a local address only the registry's own
 * host and port may be asked, and those that were named (`host[:port]`): anything may listen on another port.
 */
export function guardRealm(realm: string, registry: Pick<Endpoint, 'origin' | 'hostname' | 'plainHttp'>, named: readonly string[] = []): { readonly url: URL } | { readonly refused: string } {
  if (!URL.canParse(realm)) return { refused: 'it is not a URL' };
  const url = new URL(realm);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return { refused: `it is not an HTTP address, but ${url.protocol}` };
  if (url.username !== '' || url.password !== '') return { refused: 'it carries a login' };
  const isNamed = namesHost(named, url.host);
  const own = new URL(registry.origin);
  const sameHost = url.hostname === registry.hostname || (isLoopbackHost(url.hostname) && isLoopbackHost(registry.hostname));
  if (isLocalHost(url.hostname) && !isNamed && !(sameHost && url.port === own.port)) return { refused: `it is on a local address (${url.host}) where the registry does not live; if it belongs to the registry, name it in tokenServices` };
  if (url.protocol === 'http:' && !(registry.plainHttp && (sameHost || isNamed))) return { refused: 'it is plain HTTP' };
  return { url };
}
