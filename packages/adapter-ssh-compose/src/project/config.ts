/**
 * The few facts that are read from `docker compose config --format json`. The rest, which holds secrets, is dropped here.
 * @module
 */

export interface PublishedPort {
  readonly port: number;
  readonly protocol: string;
  /** Address to bind to; undefined: all. */
  readonly address?: string;
}

export interface ProjectService {
  readonly name: string;
  readonly image: string | undefined;
  readonly replicas: number;
  readonly dependsOn: readonly { readonly service: string; readonly condition: string; readonly required: boolean }[];
  readonly ports: readonly PublishedPort[];
}

export interface ProjectConfig {
  readonly name: string;
  readonly services: ReadonlyMap<string, ProjectService>;
}

interface RawPort {
  readonly published?: string | number;
  readonly protocol?: string;
  readonly host_ip?: string;
  readonly mode?: string;
}

interface RawService {
  readonly image?: string;
  readonly scale?: number;
  readonly deploy?: { readonly replicas?: number; readonly mode?: string } | null;
  readonly depends_on?: Readonly<Record<string, { readonly condition?: string; readonly required?: boolean }>> | null;
  readonly ports?: readonly RawPort[] | null;
}

// A range leaves the choice to the engine: any port of it may be held.
const isPort = (published: string | number | undefined): boolean => /^\d+$/.test(String(published ?? '')) && Number(published) > 0;

function readService(name: string, raw: RawService): ProjectService {
  return {
    name,
    image: raw.image,
    replicas: raw.deploy?.mode === 'global' ? 1 : (raw.scale ?? raw.deploy?.replicas ?? 1),
    dependsOn: Object.entries(raw.depends_on ?? {}).map(([service, { condition, required }]) => ({ service, condition: condition ?? 'service_started', required: required ?? true })),
    ports: (raw.ports ?? [])
      .filter(({ published }) => isPort(published))
      .map(({ published, protocol, host_ip: address }) => ({ port: Number(published), protocol: protocol ?? 'tcp', ...(address === undefined || address === '' ? {} : { address }) })),
  };
}

/** Reads Compose's rendering of a project. */
export function readConfig(json: string): ProjectConfig {
  const raw = JSON.parse(json) as { readonly name?: string; readonly services?: Readonly<Record<string, RawService>> | null };
  return { name: raw.name ?? '', services: new Map(Object.entries(raw.services ?? {}).map(([name, service]) => [name, readService(name, service)])) };
}

/** The services outside of `services` that these need, directly or by way of others; in no particular order. */
export function dependenciesOf(config: ProjectConfig, services: readonly string[]): readonly string[] {
  const found = new Set<string>();
  const visit = (name: string): void => {
    for (const { service, required } of config.services.get(name)?.dependsOn ?? []) {
      if (found.has(service) || (!required && !config.services.has(service))) continue;
      found.add(service);
      visit(service);
    }
  };
  services.forEach(visit);
  return [...found].filter((name) => !services.includes(name));
}
