/**
 * Script parts that look at containers, images and files; they change nothing.
 * @module
 */
import { quote } from '../quote.js';

const label = (name: string): string => `{{json (index .Config.Labels "com.docker.compose.${name}")}}`;

/** One JSON line a container, without its environment: secrets stay on the host. */
const containerFormat = [
  '"id":{{json .Id}}',
  '"name":{{json .Name}}',
  '"image":{{json .Image}}',
  '"reference":{{json .Config.Image}}',
  '"restarts":{{.RestartCount}}',
  `"project":${label('project')}`,
  `"service":${label('service')}`,
  `"oneoff":${label('oneoff')}`,
  `"hash":${label('config-hash')}`,
  `"version":${label('version')}`,
  '"ports":{{json .NetworkSettings.Ports}}',
  '"state":{{json .State}}',
].join(',');

const imageFormat = '{"id":{{json .Id}},"digests":{{json .RepoDigests}},"tags":{{json .RepoTags}}}';

/** `inspect_all IDS…`: what each container is; none at all is no error. */
export const inspectFunction = `inspect_all() { [ $# -eq 0 ] || docker inspect --type container --format '{${containerFormat}}' "$@"; }`;

const byLabel = 'docker ps -a -q --no-trunc --filter "label=com.docker.compose.project=$davit_project" --filter label=com.docker.compose.oneoff=False';

/**
 * Step `containers`: all containers of the project, also stopped ones. Comes right after the step `config`, whose output
 * has the project's name in a line of its own: the engine answers ten times faster than Compose does.
 */
export const projectContainers = `davit_project=$(printf '%s\\n' "$davit_out" | sed -n 's/^  "name": "\\([^"]*\\)",*$/\\1/p' | head -n 1)
project_containers() { if [ -n "$davit_project" ]; then davit_ids=$(${byLabel}); else davit_ids=$(compose ps -a -q --no-trunc); fi && inspect_all $davit_ids; }
step containers project_containers`;

/** Step `containers`, where the project's name is known. */
export function namedContainers(project: string): string {
  return `davit_project=${quote(project)}
named_containers() { davit_ids=$(${byLabel}) && inspect_all $davit_ids; }
step containers named_containers`;
}

/** Step `published`: every running container of the host, of whatever project. */
export const runningContainers = `running_containers() { davit_ids=$(docker ps -q --no-trunc) && inspect_all $davit_ids; }
step published running_containers`;

/** A step `image` for each name: the image's id, digests and tags; it fails where the host has none of that name. */
export function images(names: readonly string[]): string {
  return names.map((name) => `step ${quote(`image:${name}`)} docker image inspect --format '${imageFormat}' ${quote(name)}`).join('\n');
}

/** A step `image` for the image of every container of the steps before. */
export const imagesOfContainers = `for davit_id in $(printf %s "$davit_out" | sed -n 's/.*"image":"\\(sha256:[0-9a-f]*\\)".*/\\1/p' | sort -u); do
  step "image:$davit_id" docker image inspect --format '${imageFormat}' "$davit_id"
done`;

/** Step `file:NAME`: the bytes of a file in base64; exit code 44 where there is none, 45 for a symbolic link. */
export const fileFunction = `read_file() {
  if [ -L "$1" ]; then return 45; fi
  if [ ! -e "$1" ]; then return 44; fi
  base64 <"$1"
}`;

export function file(name: string, path: string): string {
  return `step ${quote(`file:${name}`)} read_file ${path}`;
}
