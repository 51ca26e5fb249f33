/**
 * A release in the forms that ports ask for.
 * @module
 */
import { failure, type DavitError } from '../errors/index.js';
import { parseRepository, type DigestReference, type Repository } from '../image/index.js';
import type { ReleaseImage } from '../machine/index.js';
import type { HostRelease } from '../ports/index.js';
import { err, ok, type Result } from '../result.js';

const repositoryOf = (text: string): Repository => {
  // Written by us when the promotion was created; a journal that says otherwise was refused by its hash.
  const parsed = parseRepository(text);
  return parsed.isOk() ? parsed.value : { registry: '', repository: text };
};

export const sourceOf = (image: ReleaseImage): DigestReference => ({ ...repositoryOf(image.source), digest: image.digest });
export const targetRepository = (image: ReleaseImage): Repository => repositoryOf(image.target);

/** What every host should run: each service of the release with its image, by digest. */
export function hostReleaseOf(release: readonly ReleaseImage[]): HostRelease {
  return { services: release.flatMap(({ target, digest, services }) => services.map((service) => ({ service, image: `${target}@${digest}` }))) };
}

export const servicesOf = (release: HostRelease): readonly string[] => release.services.map(({ service }) => service);

/** Two images for one service, or none for any: caught when the promotion is created. */
export function checkRelease(release: readonly ReleaseImage[]): Result<readonly ReleaseImage[], DavitError<'configuration_invalid'>> {
  const wrong = (message: string): Result<never, DavitError<'configuration_invalid'>> => err(failure('configuration_invalid', message, { field: 'release' }));
  if (release.length === 0) return wrong('the release has no image');
  const seen = new Map<string, string>();
  for (const image of release) {
    if (image.services.length === 0) return wrong(`image ${image.name} is run by no service`);
    for (const service of image.services) {
      const other = seen.get(service);
      if (other === image.name) return wrong(`image ${image.name} names the service ${service} twice`);
      if (other !== undefined) return wrong(`service ${service} is given to two images: ${other} and ${image.name}`);
      seen.set(service, image.name);
    }
  }
  return ok(release);
}
