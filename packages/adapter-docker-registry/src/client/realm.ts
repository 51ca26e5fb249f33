/**
 * The realm guard: whether a token service, which the registry names in its challenge, may be contacted. A registry that
 * was taken over could otherwise have credentials sent to any address that this machine reaches.
 * @module
 */
import type { Endpoint } from './endpoint.js';
import { isLocalHost, isLoopbackHost } from './network-address.js';

/** The realm's address, or the reason why it is refused, as the end of a sentence. */
export function guardRealm(realm: string, registry: Pick<Endpoint, 'hostname' | 'plainHttp'>): { readonly url: URL } | { readonly refused: string } {
  if (!URL.canParse(realm)) return { refused: 'it is not a URL' };
  const url = new URL(realm);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return { refused: `it is not an HTTP address, but ${url.protocol}` };
  if (url.username !== '' || url.password !== '') return { refused: 'it carries a login' };
  const livesThere = url.hostname === registry.hostname || (isLoopbackHost(url.hostname) && isLoopbackHost(registry.hostname));
  if (isLocalHost(url.hostname) && !livesThere) return { refused: 'it is a local address on which the registry does not live' };
  if (url.protocol === 'http:' && !(registry.plainHttp && livesThere)) return { refused: 'it is plain HTTP' };
  return { url };
}
