/**
 * What every script begins with: a quiet environment and two functions that report.
 * @module
 */
import { quote, quoteAll } from '../quote.js';

/** Where a Compose project is on the host, and how Docker is called there. */
export interface Place {
  /** Absolute. */
  readonly directory: string;
  /** Absolute; by default `.davit` in the project's directory. */
  readonly state: string;
  /** Files given with `-f`; null where Compose finds them by itself. */
  readonly files: readonly string[] | null;
  /** Name of the file that pins the images, in the project's directory. */
  readonly pinFile: string;
  readonly docker: { readonly command: string; readonly host?: string; readonly config?: string };
}

/**
 * `step NAME command…` runs a command and prints its exit code and output as one line; it never fails itself. `say NAME
 * RC TEXT` prints such a line. Variables of Compose that the login happens to have would win over the project's files.
 */
export function prelude(place: Place): string {
  return `umask 077
export LC_ALL=C COMPOSE_ANSI=never DOCKER_CLI_HINTS=false
unset COMPOSE_FILE COMPOSE_PROJECT_NAME COMPOSE_PROFILES COMPOSE_ENV_FILES COMPOSE_PATH_SEPARATOR
${place.docker.host === undefined ? '' : `export DOCKER_HOST=${quote(place.docker.host)}\n`}${place.docker.config === undefined ? '' : `export DOCKER_CONFIG=${quote(place.docker.config)}\n`}docker() { command ${quote(place.docker.command)} "$@"; }
say() { printf '{"step":"%s","rc":%d,"out":"%s"}\\n' "$1" "$2" "$(printf %s "$3" | base64 | tr -d '\\n')"; }
step() {
  davit_name=$1; shift; davit_rc=0
  printf '\\n@davit %s\\n' "$davit_name" >&2
  davit_out=$("$@" </dev/null) || davit_rc=$?
  say "$davit_name" "$davit_rc" "$davit_out"
}
directory=${quote(place.directory)} state=${quote(place.state)}`;
}

/** Defines `compose`, which calls Docker Compose on the project; `extra` are further files, after its own. */
export function composeFunction(place: Place, options: { readonly pinned?: boolean } = {}): string {
  const files = place.files === null ? [] : [...place.files, ...(options.pinned === false ? [] : [place.pinFile])];
  // A pin that was never written is no file to name.
  const lines = files.map((file) => (file === place.pinFile ? `[ ! -e ${quote(file)} ] || set -- -f ${quote(file)} "$@"` : ''));
  const named = files.filter((file) => file !== place.pinFile).flatMap((file) => ['-f', file]);
  const pin = lines.filter((line) => line !== '').join('\n  ');
  return `compose() {
  ${pin === '' ? ':' : pin}
  docker compose${named.length === 0 ? '' : ` ${quoteAll(named)}`} "$@"
}`;
}

/** Goes into the project's directory, or ends with a step `directory` that says why not. */
export const enter = `printf '\\n@davit directory\\n' >&2
cd "$directory" || { say directory 1 ""; exit 1; }`;
