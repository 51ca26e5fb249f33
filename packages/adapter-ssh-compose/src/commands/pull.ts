/**
 * Makes images present on a host, by digest, and gives them a name of ours that keeps `docker image prune` from them.
 * @module
 */
import type { HostClaim } from '@davit/core';
import { quote } from '../quote.js';
import { composeFunction, prelude, type Place } from './prelude.js';
import { guard, loginPlace } from './lock.js';

/** A name that holds an image: `tag` shall name what `image` names. */
export interface KeepTag {
  readonly image: string;
  readonly tag: string;
}

export interface PullPlan {
  /** By digest, from a registry. */
  readonly images: readonly string[];
  /** Names of ours for images that no registry knows; made again from the id that they carry. */
  readonly local: readonly KeepTag[];
  readonly keep: readonly KeepTag[];
  /** `config.json` with the logins that the pulls need; null where they need none. */
  readonly login: string | null;
}

/**
 * The logins go into a configuration directory of their own, which only `docker pull` sees and which is gone before the
 * script is. (A signal can come twice, from the group and from `timeout`; the second would break off what the first
 * began, so it is ignored.) `docker login` is not used: where a credential helper is installed it would put the password there for good.
 */
function loginFunctions(login: string | null): string {
  if (login === null) return 'pull_with() { docker pull --quiet "$1"; }';
  return `${loginPlace}
login=$(mktemp -d "$(login_place).XXXXXX")
trap 'rm -rf "$login"' EXIT
trap 'trap "" TERM INT HUP; rm -rf "$login"; exit 143' TERM INT HUP
printf %s ${quote(Buffer.from(login).toString('base64'))} | base64 -d >"$login/config.json"
davit_endpoint=$(docker context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null) || davit_endpoint=
pull_with() { (if [ -n "$davit_endpoint" ]; then export DOCKER_HOST="$davit_endpoint"; fi; docker --config "$login" pull --quiet "$1"); }`;
}

const functions = `present() { docker image inspect --format '{{.Id}}' "$1"; }
want() {
  if davit_id=$(present "$1" 2>/dev/null); then say present 0 "$1"; return 0; fi
  step pull pull_with "$1"
  [ "$davit_rc" -eq 0 ] || exit 1
  step pulled present "$1"
  [ "$davit_rc" -eq 0 ] || exit 1
}
name_it() {
  davit_id=$(present "$1") || { say gone 1 "$1"; exit 1; }
  [ "$(present "$2" 2>/dev/null || :)" != "$davit_id" ] || return 0
  docker tag "$1" "$2"
  say tagged 0 "$2"
}`;

/** Steps `present`, `pull` and `pulled` for each image, `gone` where a local one is no more, `tagged` for each new name. */
export function pullScript(place: Place, claim: HostClaim, plan: PullPlan): string {
  return [
    prelude(place),
    composeFunction(place),
    guard(claim),
    functions,
    ...(plan.images.length === 0 ? [] : [loginFunctions(plan.login)]),
    ...plan.local.map(({ image, tag }) => `present ${quote(tag)} >/dev/null 2>&1 || name_it ${quote(image)} ${quote(tag)}`),
    ...plan.images.map((image) => `want ${quote(image)}`),
    ...plan.keep.map(({ image, tag }) => `name_it ${quote(image)} ${quote(tag)}`),
  ].join('\n');
}
