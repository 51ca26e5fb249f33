/**
 * R77: what a person types on a host to bring a release up when Davit could not. For people: each line stands by itself.
 * @module
 */
import type { HostRelease } from '@davit/core';
import { quote, quoteAll } from '../quote.js';
import type { Place } from './prelude.js';

/** @param login How the host is reached, as a command; undefined for this machine. */
export function manualCommands(place: Place, login: string | undefined, release: HostRelease): readonly string[] {
  const { directory, files, pinFile, docker } = place;
  const program = quote(docker.command);
  const named = files === null ? '' : ` ${[...files, pinFile].map((file) => `-f ${quote(file)}`).join(' ')}`;
  const compose = `${program} compose${named}`;
  const services = release.services.map(({ service }) => service);
  const images = [...new Set(release.services.map(({ image }) => image))];
  return [
    ...(login === undefined ? [] : [login]),
    `cd ${quote(directory)}`,
    ...(docker.host === undefined ? [] : [`export DOCKER_HOST=${quote(docker.host)}`]),
    ...(docker.config === undefined ? [] : [`export DOCKER_CONFIG=${quote(docker.config)}`]),
    `# ${pinFile} has to name these images; if it does not, write them there:`,
    ...release.services.map(({ service, image }) => `#   ${service}: ${image}`),
    ...images.map((image) => `${program} image inspect --format '{{.Id}}' ${quote(image)} || ${program} pull ${quote(image)}`),
    `${compose} up -d --no-build --pull never ${quoteAll(services)}`,
    `${compose} ps --all`,
    `${compose} logs --tail 50 ${quoteAll(services)}`,
  ];
}
