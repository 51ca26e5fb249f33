/**
 * Everything that can be known to fail before anything is changed; reads only.
 * @module
 */
import { quote } from '../quote.js';
import { file, fileFunction, imagesOfContainers, inspectFunction, projectContainers, images } from './inspect.js';
import { portsPart } from './ports.js';
import { composeFunction, enter, prelude, type Place } from './prelude.js';
import { filesPart, recordsPart } from './survey.js';

const tools = ['flock', 'timeout', 'base64', 'sha256sum', 'mktemp', 'awk', 'stat', 'df'];

/** Prints what this user may not write, one sentence a line. */
function writable(place: Place): string {
  return `writable() {
  [ -w . ] || printf '%s is not writable\\n' "$directory"
  if [ -e "$state" ]; then [ -w "$state" ] || printf '%s is not writable\\n' "$state"
  else [ -w "$(dirname "$state")" ] || printf '%s cannot be made\\n' "$state"; fi
  davit_me=$(id -u)
  for davit_file in ${quote(place.pinFile)}${place.files === null ? ' .env' : ''}; do
    [ ! -e "$davit_file" ] || [ "$davit_me" = 0 ] || [ "$(stat -c %u "$davit_file")" = "$davit_me" ] || printf '%s belongs to another user, and could not be given back to him\\n' "$davit_file"
  done
}`;
}

export function preflightScript(place: Place, names: readonly string[]): string {
  return [
    prelude(place),
    composeFunction(place),
    inspectFunction,
    fileFunction,
    writable(place),
    'free() { df -Pk "$1" | awk \'NR == 2 { print $4 }\'; }',
    `tools() {
  for davit_tool in ${tools.join(' ')}; do command -v "$davit_tool" >/dev/null || printf '%s\\n' "$davit_tool"; done
  # Busybox has one that cannot wait.
  flock -s -w 1 -E 75 / true 2>/dev/null || printf 'flock of util-linux\\n'
}`,
    'step tools tools',
    'step clock date +%s',
    "step engine docker version --format '{{.Server.Version}}'",
    'step version docker compose version --short',
    enter,
    'step writable writable',
    'step config compose config --format json',
    projectContainers,
    imagesOfContainers,
    ...filesPart(place),
    "step root docker info --format '{{.DockerRootDir}}'",
    'step free:images free "$davit_out"',
    'step free:project free .',
    images(names),
    file('ledger', '"$state/releases.jsonl"'),
    recordsPart,
    portsPart,
  ].join('\n');
}

/** An override that sets images and, for `bare`, forgets which services need which. */
function override(pins: ReadonlyMap<string, string>, bare: boolean): string {
  const services = [...pins].map(([service, image]) => `  ${JSON.stringify(service)}:\n    image: ${JSON.stringify(image)}\n${bare ? '    depends_on: !reset null\n' : ''}`);
  return quote(Buffer.from(`services:\n${services.join('')}`).toString('base64'));
}

/**
 * Steps `hashes` and `bare`: what Compose's hash of each service would be if it ran these images; `service hash` a line. The
 * project is rendered first and hashed then, because `config --hash` alone leaves `env_file` unread, which `up` does not.
 * `bare` is the hash of a service that was brought up with `--no-deps`. Then a step `image:…` for each name.
 */
export function hashScript(place: Place, files: readonly string[], project: string, pins: ReadonlyMap<string, string>, names: readonly string[]): string {
  const list = files.map((name) => `-f ${quote(name)}`).join(' ');
  return [
    prelude(place),
    enter,
    `hashes() { printf %s "$1" | base64 -d | docker compose ${list} -f - config | docker compose -p ${quote(project)} -f - config --hash '*'; }`,
    `step hashes hashes ${override(pins, false)}`,
    `step bare hashes ${override(pins, true)}`,
    images(names),
  ].join('\n');
}

/** A step `image:…` for each name. */
export const imagesScript = (place: Place, names: readonly string[]): string => [prelude(place), images(names)].join('\n');
