/**
 * What kind of place a host name names. Only literal addresses and `localhost` are judged: names are not looked up.
 * @module
 */
import { BlockList, isIP } from 'node:net';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

const local = new BlockList();
for (const [net, bits] of [['0.0.0.0', 8], ['10.0.0.0', 8], ['100.64.0.0', 10], ['127.0.0.0', 8], ['169.254.0.0', 16], ['172.16.0.0', 12], ['192.168.0.0', 16]] as const) local.addSubnet(net, bits, 'ipv4');
for (const [net, bits] of [['::', 128], ['::1', 128], ['fc00::', 7], ['fe80::', 10]] as const) local.addSubnet(net, bits, 'ipv6');

function isListed(list: BlockList, hostname: string): boolean {
  const bare = hostname.startsWith('[') && hostname.endsWith(']') ? hostname.slice(1, -1) : hostname;
  const kind = isIP(bare);
  return kind !== 0 && list.check(bare, kind === 4 ? 'ipv4' : 'ipv6');
}

const isLocalhost = (hostname: string): boolean => /^(?:.*\.)?localhost\.?$/i.test(hostname);

/** 127.0.0.0/8, ::1 and localhost, as Docker sees it. A host name without port. */
export function isLoopbackHost(hostname: string): boolean {
  return isLocalhost(hostname) || isListed(loopback, hostname);
}

/** Loopback, link-local, private and unspecified addresses: what an outsider must not make us talk to. */
export function isLocalHost(hostname: string): boolean {
  return isLocalhost(hostname) || isListed(local, hostname);
}
