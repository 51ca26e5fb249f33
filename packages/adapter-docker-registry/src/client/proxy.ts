/**
 * Which requests go through a proxy, as the environment says it to every program: `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`.
 * @see https://pkg.go.dev/golang.org/x/net/http/httpproxy
 * @module
 */
import { BlockList, isIP } from 'node:net';
import { ConfigurationError } from '@davit/core/adapter';
import { isLoopbackHost } from './network-address.js';

export interface Proxy {
  /** `http://proxy.example.com:3128`, without a login. */
  readonly origin: string;
  /** `proxy.example.com:3128`, for messages. */
  readonly host: string;
  /** The header `Proxy-Authorization`; null where the address has no login. */
  readonly authorization: string | null;
}

export interface Proxies {
  /** Null: go there directly. */
  proxyFor(url: URL): Proxy | null;
  /** Passwords in the addresses of proxies. */
  readonly secrets: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the proxies. `proxy` is the address of one for everything, false for none, undefined for the environment's;
 * `NO_PROXY` and loopback addresses are left out of each. Throws a `ConfigurationError` for an address that is none; it
 * names the variable and not its value, which may hold a password.
 */
export function readProxies(adapter: string, proxy: string | false | undefined, environment: Environment): Proxies {
  if (proxy === false) return { proxyFor: () => null, secrets: [] };
  const variable = (name: string): { readonly name: string; readonly text: string } | undefined => {
    for (const each of [name.toLowerCase(), name]) {
      const text = environment[each]?.trim();
      // Where a web server runs us, HTTP_PROXY is what a visitor sent in the header "Proxy".
      if (text !== undefined && text !== '' && !(each === 'HTTP_PROXY' && environment['REQUEST_METHOD'] !== undefined)) return { name: each, text };
    }
    return undefined;
  };
  const given = proxy === undefined ? undefined : { name: 'proxy', text: proxy };
  const read = (name: string): ReadProxy | null => {
    const source = given ?? variable(name);
    return source === undefined ? null : parseProxy(adapter, source);
  };
  const [forHttps, forHttp] = [read('HTTPS_PROXY'), read('HTTP_PROXY')];
  const spared = exceptions(variable('NO_PROXY')?.text ?? '');
  return {
    proxyFor: (url) => (isLoopbackHost(url.hostname) || spared(url) ? null : ((url.protocol === 'https:' ? forHttps : forHttp)?.proxy ?? null)),
    secrets: [...new Set([forHttps, forHttp].flatMap((each) => each?.secrets ?? []))],
  };
}

interface ReadProxy {
  readonly proxy: Proxy;
  readonly secrets: readonly string[];
}

function parseProxy(adapter: string, { name, text }: { readonly name: string; readonly text: string }): ReadProxy {
  const wrong = (what: string): ConfigurationError => new ConfigurationError(`${adapter}: ${name} ${what}`, { field: name });
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (!URL.canParse(address)) throw wrong('is not the address of a proxy');
  const { protocol, origin, host, username, password } = new URL(address);
  if (protocol !== 'http:' && protocol !== 'https:') throw wrong(`names a proxy of the kind ${protocol}//, and only http:// and https:// are known`);
  if (username === '' && password === '') return { proxy: { origin, host, authorization: null }, secrets: [] };
  const [user, secret] = [decoded(username), decoded(password)];
  const token = Buffer.from(`${user}:${secret}`, 'utf8').toString('base64');
  return { proxy: { origin, host, authorization: `Basic ${token}` }, secrets: [secret, password, token].filter((each) => each !== '') };
}

/** People write a percent sign as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** `*`, `example.com` (with what is below it), `.example.com` (only what is below it), an address or `10.0.0.0/8`; a port may follow. */
function exceptions(list: string): (url: URL) => boolean {
  const entries = list.toLowerCase().split(/[,\s]+/).filter((entry) => entry !== '');
  return ({ hostname, port, protocol }) => {
    const host = bare(hostname);
    const actualPort = port === '' ? (protocol === 'https:' ? '443' : '80') : port;
    return entries.some((entry) => {
      if (entry === '*') return true;
      const [, name = '', onlyPort] = /^(\[[^\]]*\]|[^:]*|.*:.*:.*?)(?::(\d+))?$/.exec(entry) ?? [];
      if (onlyPort !== undefined && onlyPort !== actualPort) return false;
      return matches(bare(name), host);
    });
  };
}

const bare = (hostname: string): string => hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');

function matches(name: string, host: string): boolean {
  const kind = isIP(host);
  const [net = '', bits] = name.split('/');
  if (bits !== undefined) {
    const netKind = isIP(net);
    const length = Number(bits);
    if (kind === 0 || netKind !== kind || !/^\d{1,3}$/.test(bits) || length > (kind === 4 ? 32 : 128)) return false;
    const block = new BlockList();
    block.addSubnet(net, length, kind === 4 ? 'ipv4' : 'ipv6');
    return block.check(host, kind === 4 ? 'ipv4' : 'ipv6');
  }
  const domain = name.replace(/^\*/, '');
  if (domain === '') return false;
  return domain.startsWith('.') ? kind === 0 && host.endsWith(domain) : host === domain || (kind === 0 && host.endsWith(`.${domain}`));
}
