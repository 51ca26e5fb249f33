/**
 * Finds who holds a port that a service wants to publish.
 * @module
 */
import type { PublishedPort } from '../project/config.js';
import type { Report } from '../report.js';
import { readContainers, type Container } from './container.js';

export interface Listener {
  readonly protocol: string;
  /** `*` for all addresses of both families. */
  readonly address: string;
  readonly port: number;
  /** `nginx, pid 71`; empty where the engine would not say. */
  readonly process: string;
}

const local = /^(.*):(\d+)$/;

/** One line of `ss -Hlntup`. */
function readSocket(line: string): Listener | undefined {
  const fields = line.trim().split(/\s+/);
  const [protocol, , , , at] = fields;
  const split = local.exec(at ?? '');
  if (protocol === undefined || split === null) return undefined;
  const user = /users:\(\("([^"]*)",pid=(\d+)/.exec(line);
  return { protocol, address: (split[1] ?? '').replace(/%.*$/, '').replace(/^\[(.*)\]$/, '$1'), port: Number(split[2]), process: user === null ? '' : `${user[1] ?? ''}, pid ${user[2] ?? ''}` };
}

/** One line of /proc/net/tcp or tcp6; only sockets that listen (state 0A). */
function readKernel(line: string): Listener | undefined {
  const [, at, , state] = line.trim().split(/\s+/);
  const [address, port] = at?.split(':') ?? [];
  if (state !== '0A' || address === undefined || port === undefined) return undefined;
  const bytes = Buffer.from(address, 'hex');
  // Each 32-bit word is in the order of the machine.
  const v4 = bytes.byteLength === 4 ? [...bytes].reverse().join('.') : undefined;
  return { protocol: 'tcp', address: v4 ?? (bytes.every((byte) => byte === 0) ? '::' : 'other'), port: Number.parseInt(port, 16), process: '' };
}

export interface PortsInUse {
  readonly listeners: readonly Listener[];
  /** Running containers of the whole host. */
  readonly containers: readonly Container[];
}

export function readPorts(report: Report): PortsInUse {
  const sockets = report.out('listening');
  const listeners = sockets === undefined ? (report.out('kernel') ?? '').split('\n').map(readKernel) : sockets.split('\n').map(readSocket);
  return { listeners: listeners.filter((one) => one !== undefined), containers: readContainers(report.step('published')) };
}

const isAll = (address: string): boolean => address === '0.0.0.0' || address === '::' || address === '*' || address === '';
const overlaps = (a: string, b: string): boolean => isAll(a) || isAll(b) || a === b;

const publishes = (container: Container, { port, protocol, address }: PublishedPort): boolean =>
  Object.entries(container.ports).some(([inner, bindings]) => inner.endsWith(`/${protocol}`) && (bindings ?? []).some((binding) => Number(binding.HostPort) === port && overlaps(binding.HostIp ?? '', address ?? '')));

/** Who holds the port, in words; undefined where it is free or held by the service itself. */
export function holderOf(wanted: PublishedPort, owner: { readonly project: string; readonly service: string }, { listeners, containers }: PortsInUse): string | undefined {
  const publishers = containers.filter((container) => publishes(container, wanted));
  const foreign = publishers.find(({ project, service }) => project !== owner.project || service !== owner.service);
  if (foreign !== undefined) return `container ${foreign.name}`;
  // Behind a container's port the engine's own proxy listens.
  if (publishers.length > 0) return undefined;
  const listener = listeners.find(({ protocol, port, address }) => protocol === wanted.protocol && port === wanted.port && overlaps(address, wanted.address ?? ''));
  if (listener === undefined) return undefined;
  return listener.process === '' ? 'a process that this user may not see' : `process ${listener.process}`;
}

/** Which port the engine's message is about; its wording differs between versions. */
export function portIn(message: string): number | undefined {
  const found = /(?:listen (?:tcp|udp)[46]? |Bind for |host port (?:for )?|exposing port \w+ )\S*?:(\d{1,5})\b/i.exec(message);
  return found === null ? undefined : Number(found[1]);
}
