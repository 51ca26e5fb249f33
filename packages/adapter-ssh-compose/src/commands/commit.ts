/**
 * Writes down on the host what was proven, and lets go of images that no rollback needs any more.
 * @module
 */
import type { HostClaim } from '@davit/core';
import { quote } from '../quote.js';
import { guard } from './lock.js';
import { prelude, type Place } from './prelude.js';
import type { KeepTag } from './pull.js';
import { put, putFunction } from './write-file.js';

export interface CommitPlan {
  readonly ledger: Buffer;
  readonly current: Buffer;
  readonly keep: readonly KeepTag[];
  /** Repositories of ours and the tags in them that stay; every other tag in them goes. */
  readonly retain: readonly { readonly repository: string; readonly tags: readonly string[] }[];
  /** Images by digest that we pulled once and that nothing refers to any more. */
  readonly drop: readonly string[];
  /** How many records of deployments stay. */
  readonly keepRecords: number;
}

/** Steps `ledger` and `current`; then, where a failure is a warning only, `keep`, `rotate` and `records`. */
export function commitScript(place: Place, claim: HostClaim, plan: CommitPlan): string {
  const rotate = plan.retain
    .map(({ repository, tags }) => `docker image ls --format '{{.Repository}}:{{.Tag}}' ${quote(repository)} | while read -r davit_tag; do
    case $davit_tag in ${[...tags, 'none'].map(quote).join('|')}) ;; *) docker rmi "$davit_tag" >/dev/null || : ;; esac
  done`)
    .join('\n  ');
  return [
    prelude(place),
    putFunction,
    guard(claim),
    `step ledger ${put('"$state/releases.jsonl"', '600', plan.ledger)}`,
    '[ "$davit_rc" -eq 0 ] || exit 1',
    `step current ${put('"$state/current.json"', '600', plan.current)}`,
    '[ "$davit_rc" -eq 0 ] || exit 1',
    ...plan.keep.map(({ image, tag }) => `step keep docker tag ${quote(image)} ${quote(tag)}`),
    `rotate() {\n  ${rotate === '' ? ':' : rotate}\n${plan.drop.map((image) => `  docker rmi ${quote(image)} >/dev/null 2>&1 || :`).join('\n')}\n}`,
    'step rotate rotate',
    `records() { ls -t "$state/backups" | tail -n +${String(plan.keepRecords + 1)} | while IFS= read -r davit_one; do rm -rf "$state/backups/$davit_one"; done; }`,
    'step records records',
  ].join('\n');
}
