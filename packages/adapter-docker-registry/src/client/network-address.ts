/**
 * What kind of place a host name names. Only literal addresses and `localhost` are judged: names are not looked up.
 * @module
 */
import { BlockList, isIP } from 'node:net';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

const local = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8], ['10.0.0.0', 8], ['100.64.0.0', 10], ['127.0.0.0', 8], ['169.254.0.0', 16], ['172.16.0.0', 12], ['192.0.0.0', 24], ['192.168.0.0', 16], ['198.18.0.0', 15],
  // Of groups, and of nobody yet; the last one is everybody on the wire.
  ['224.0.0.0', 4], ['240.0.0.0', 4],
  // Where every machine of Azure finds its host, although it looks like one of the Internet.
  ['168.63.129.16', 32],
] as const) {
  // In IPv4-mapped addresses (::ffff:0:0/96) the list sees these by itself.
  local.addSubnet(net, bits, 'ipv4');
  // The way of a translator to the same place (NAT64).
  local.addSubnet(`64:ff9b::${net}`, 96 + bits, 'ipv6');
}
for (const [net, bits] of [
  // Unspecified, loopback, and all that hold an IPv4 address in a way that is used no more.
  ['::', 96],
  // Translators of a network's own; private ones, in the old way too; link-local; groups.
  ['64:ff9b:1::', 48], ['fc00::', 7], ['fec0::', 10], ['fe80::', 10], ['ff00::', 8],
] as const) local.addSubnet(net, bits, 'ipv6');

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

/** Loopback, link-local, private, unspecified and multicast addresses: what an outsider must not make us talk to. */
export function isLocalHost(hostname: string): boolean {
  return isLocalhost(hostname) || isListed(local, hostname);
}
