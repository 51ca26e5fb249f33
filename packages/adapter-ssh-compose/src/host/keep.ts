/**
 * Names of ours for images on a host. They keep images that are not running from `docker image prune`, and they are the
 * only name of an image that was built on the host and never pushed.
 * @module
 */
import { parseReference } from '@davit/core';
import type { KeepTag } from '../commands/pull.js';

const prefix = 'davit-keep';

/** What may stand in a repository's name. Services and projects with the same letters keep apart by a short hash of theirs. */
function part(text: string): string {
  const plain = text.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '');
  return plain === text ? plain : `${plain === '' ? 'x' : plain}.${Buffer.from(text).toString('hex').slice(0, 32)}`;
}

/** The repository of a service's kept images. */
export const keepRepository = (project: string, service: string): string => `${prefix}/${part(project)}/${part(service)}`;

/** The name for an image that is known by digest. */
export function keepTag(project: string, service: string, image: string): KeepTag | undefined {
  const digest = parseReference(image).map((reference) => reference.digest).unwrapOr(undefined);
  return digest === undefined ? undefined : { image, tag: `${keepRepository(project, service)}:${digest.replace(':', '-')}` };
}

/** The name of an image that no registry knows, from its id (`sha256:…`): the adapter's own, as a release carries it. */
export const localName = (project: string, service: string, id: string): string => `${keepRepository(project, service)}:id-${id.replace(/^sha256:/, '')}`;

export const isLocalName = (image: string): boolean => image.startsWith(`${prefix}/`) && /:id-[0-9a-f]{64}$/.test(image);

/** The name again, from what it says of itself. */
export const fromLocalName = (image: string): KeepTag => ({ tag: image, image: `sha256:${image.slice(image.lastIndexOf(':id-') + 4)}` });
