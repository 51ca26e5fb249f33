/**
 * What the engine says of containers and images.
 * @module
 */
import type { Report, Step } from '../report.js';

export interface HealthLogEntry {
  readonly ExitCode?: number;
  readonly Output?: string;
}

export interface ContainerState {
  readonly Status: string;
  readonly ExitCode: number;
  readonly OOMKilled: boolean;
  readonly StartedAt: string;
  readonly Error?: string;
  readonly Health?: { readonly Status: string; readonly Log?: readonly HealthLogEntry[] | null } | null;
}

export interface PortBinding {
  readonly HostIp?: string;
  readonly HostPort?: string;
}

export interface Container {
  readonly id: string;
  /** Without the slash that the engine puts before it. */
  readonly name: string;
  /** Id of its image. */
  readonly image: string;
  /** The name it was made from. */
  readonly reference: string;
  readonly restarts: number;
  readonly project: string;
  readonly service: string;
  readonly oneoff: boolean;
  /** Compose's hash of the service when the container was made. */
  readonly hash: string;
  /** Compose's version when the container was made. */
  readonly version: string;
  readonly ports: Readonly<Record<string, readonly PortBinding[] | null>>;
  readonly state: ContainerState;
}

export interface Image {
  readonly id: string;
  readonly digests: readonly string[];
  readonly tags: readonly string[];
}

// A container that Compose has not made has none of its labels.
type Labels = Readonly<Record<'project' | 'service' | 'hash' | 'version' | 'oneoff', string | null>>;
type Raw = Omit<Container, keyof Labels | 'ports'> & Labels & { readonly ports: Container['ports'] | null };

/** One container a line, as our format prints it. Lines that are something else are passed over. */
export function readContainers(step: Step | undefined): readonly Container[] {
  if (step === undefined) return [];
  return step.out
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Raw)
    .map((raw) => ({
      ...raw,
      name: raw.name.replace(/^\//, ''),
      project: raw.project ?? '',
      service: raw.service ?? '',
      hash: raw.hash ?? '',
      version: raw.version ?? '',
      oneoff: raw.oneoff?.toLowerCase() === 'true',
      ports: raw.ports ?? {},
    }));
}

/** The images of a report by the name they were asked by; absent ones are not in it. */
export function readImages(report: Report): ReadonlyMap<string, Image> {
  const found = new Map<string, Image>();
  for (const { name, rc, out } of report.steps) {
    if (!name.startsWith('image:') || rc !== 0) continue;
    const raw = JSON.parse(out) as { id: string; digests: readonly string[] | null; tags: readonly string[] | null };
    found.set(name.slice('image:'.length), { id: raw.id, digests: raw.digests ?? [], tags: raw.tags ?? [] });
  }
  return found;
}

/**
 * What a `compose up` that was killed leaves behind: the container that should have replaced another one, under the
 * name `<12 hexadecimal digits>_<name>` and never started. The next `up` trips over it.
 */
export const isLeftover = (container: Container): boolean => /^[0-9a-f]{12}_/.test(container.name) && ['created', 'exited', 'dead'].includes(container.state.Status);

/** The containers of a service that count: not of `compose run`, no leftovers. */
export function containersOf(containers: readonly Container[], service: string): readonly Container[] {
  return containers.filter((container) => container.service === service && !container.oneoff && !isLeftover(container));
}

export const isUp = (container: Container): boolean => ['running', 'restarting', 'paused'].includes(container.state.Status);

/** Ids and start times: equal before and after where nothing was touched. */
export function fingerprint(containers: readonly Container[], services: readonly string[]): string {
  return containers
    .filter((container) => services.includes(container.service) && !container.oneoff)
    .map((container) => `${container.id} ${container.state.Status} ${container.state.StartedAt}`)
    .sort()
    .join('\n');
}
