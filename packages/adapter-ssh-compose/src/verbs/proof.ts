/**
 * R66: every container of every service runs the image that was asked for.
 *
 * The image id of a container and the image id that the engine has for `repository@digest` come from the same engine, so
 * the comparison holds for every way of storing images.
 * @module
 */
import { err, failure, ok, type Call, type HostChange, type HostFailure, type HostRelease, type Result } from '@davit/core';
import { withChange } from '../errors.js';
import { containersOf, type Container } from '../host/container.js';
import { survey } from './survey.js';
import type { HostContext } from './context.js';

export async function proof(context: HostContext, release: HostRelease, call: Call): Promise<Result<HostChange, HostFailure>> {
  const { host, settled } = context;
  const found = await survey(context, call, { images: release.services.map(({ image }) => image) });
  if (found.isErr()) return err(withChange(found.error, false));
  const { containers, images } = found.value;
  const proven: { service: string; container: string; id: string; image: string; startedAt: string }[] = [];
  for (const { service, image } of release.services) {
    const wrong = (why: string, actual: string): Result<never, HostFailure> => err(withChange(failure('digest_not_running', `${host}: ${service} ${why}`, { host, service, expected: image, actual }), false));
    const own = containersOf(containers, service);
    if (own.length === 0) return wrong('has no container', 'none');
    const id = images.get(image)?.id;
    const isDone = (container: Container): boolean => settled.jobs.includes(service) && container.state.Status === 'exited' && container.state.ExitCode === 0;
    for (const container of own) {
      if (container.state.Status !== 'running' && !isDone(container)) return wrong(`does not run: ${container.name} is ${container.state.Status}`, container.state.Status);
      // Where the name is gone from the host, the container still says what the engine resolved when it was made.
      const runs = id === undefined ? container.reference === image : container.image === id;
      if (!runs) return wrong(`runs ${container.reference} (${container.name}), not ${image}`, container.reference);
      proven.push({ service, container: container.name, id: container.id.slice(0, 12), image: container.image, startedAt: container.state.StartedAt });
    }
  }
  return ok({ changed: false, facts: { proven } });
}
