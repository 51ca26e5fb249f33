/**
 * What runs on a host, as a release: one image name for each service.
 * @module
 */
import { formatRepository, parseReference, type Reference, type ServiceState } from '@davit/core';
import { containersOf, isUp, type Container, type Image } from './container.js';
import { isLocalName, localName } from './keep.js';

export interface ServiceView extends ServiceState {
  readonly containers: readonly Container[];
  /** Names of the same image in any repository; empty where no registry knows it. */
  readonly aliases: readonly string[];
  /** Whether its containers were made from different images. */
  readonly mixed: boolean;
}

export interface ViewOptions {
  readonly project: string;
  /** Services that run to their end. */
  readonly jobs: readonly string[];
  /** Names that are preferred where an image has several: of the release, and of the ledger. */
  readonly known: readonly string[];
}

const parsed = (text: string): Reference | undefined => parseReference(text).unwrapOr(undefined as unknown as Reference);
const byDigest = (text: string): string | undefined => {
  const reference = parsed(text);
  return reference?.digest === undefined ? undefined : `${formatRepository(reference)}@${reference.digest}`;
};
const repositoryOf = (text: string): string | undefined => {
  const reference = parsed(text);
  return reference === undefined ? undefined : formatRepository(reference);
};

/** The name of a container's image by digest; our own local name where no registry knows the image. */
export function imageName(container: Container, image: Image | undefined, { project, known }: ViewOptions): { readonly name: string; readonly aliases: readonly string[] } {
  const aliases = [...new Set((image?.digests ?? []).map(byDigest).filter((name) => name !== undefined))].sort();
  const pinned = byDigest(container.reference) ?? (isLocalName(container.reference) ? container.reference : undefined);
  if (pinned !== undefined) return { name: pinned, aliases: [...new Set([pinned, ...aliases])] };
  // The engine lists the digests of every repository that the image was ever pulled from, in no useful order.
  const repositories = [...known.map(repositoryOf), repositoryOf(container.reference)];
  const name =
    aliases.find((alias) => known.includes(alias)) ??
    repositories.map((repository) => aliases.find((alias) => repository !== undefined && repositoryOf(alias) === repository)).find((alias) => alias !== undefined) ??
    aliases[0] ??
    localName(project, container.service, container.image);
  return { name, aliases };
}

function stateOf(containers: readonly Container[], isJob: boolean): ServiceState['state'] {
  if (containers.length === 0) return 'absent';
  // A job that ended well did what it should.
  if (isJob && containers.every(({ state }) => state.Status === 'exited' && state.ExitCode === 0)) return 'running';
  if (!containers.some(isUp)) return 'stopped';
  return containers.every(({ state }) => state.Status === 'running' && state.Health?.Status !== 'unhealthy') ? 'running' : 'unhealthy';
}

/** What runs of a service. */
export function viewOf(service: string, containers: readonly Container[], images: ReadonlyMap<string, Image>, options: ViewOptions): ServiceView {
  const own = containersOf(containers, service);
  const state = stateOf(own, options.jobs.includes(service));
  const shown = own.find(isUp) ?? own[0];
  if (shown === undefined || state === 'stopped') return { service, state, containers: own, aliases: [], mixed: false };
  const { name, aliases } = imageName(shown, images.get(shown.image), options);
  return { service, state, image: name, containers: own, aliases, mixed: own.some(({ image }) => image !== shown.image) };
}
