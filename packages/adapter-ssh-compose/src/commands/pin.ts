/**
 * Writes the files that pin the images of a project, with what was there before kept aside.
 * @module
 */
import type { HostClaim } from '@davit/core';
import { quote } from '../quote.js';
import { fileNameOf, guard } from './lock.js';
import { composeFunction, enter, prelude, type Place } from './prelude.js';
import { put, putFunction, unchanged, unchangedFunction } from './write-file.js';

/** What stands in a file before and after; null: there is none. */
export interface Change {
  readonly before: Buffer | null;
  readonly after: Buffer | null;
}

export interface PinPlan {
  readonly pin: Change;
  /** Null where `.env` is left alone. */
  readonly environment: Change | null;
  /** Noted before anything is changed, unless this promotion has noted something before. */
  readonly record: string;
}

/** Whether the bytes differ. */
export function differs({ before, after }: Change): boolean {
  return before === null || after === null ? before !== after : !before.equals(after);
}

/** Shell text that brings a file to these bytes. */
const bring = (path: string, bytes: Buffer | null): string => (bytes === null ? `rm -f ${path}` : `{ ${unchanged(path, bytes)} || ${put(path, '644', bytes)}; }`);

/** Where Compose reads the files from is a matter of order: a file is there before `.env` names it, and goes after. */
function ordered(pin: string, environment: string | undefined, pinComes: boolean): readonly string[] {
  if (environment === undefined) return [pin];
  return pinComes ? [pin, environment] : [environment, pin];
}

/**
 * Step `moved` where the files are not as they were read; `backup` and `written` for what was done; `config` for what
 * Compose makes of the result. Where Compose does not accept it the old files are put back, step `restored`.
 */
export function pinScript(place: Place, claim: HostClaim, { pin, environment, record }: PinPlan): string {
  const pinPath = quote(place.pinFile);
  const backup = `"$state/backups/${fileNameOf(claim.promotion)}"`;
  const comes = pin.after !== null;
  const forward = ordered(bring(pinPath, pin.after), environment === null ? undefined : bring('.env', environment.after), comes);
  const back = ordered(bring(pinPath, pin.before), environment === null ? undefined : bring('.env', environment.before), !comes);
  return `${prelude(place)}
${composeFunction(place)}
${putFunction}
${unchangedFunction}
${guard(claim)}
${enter}
${unchanged(pinPath, pin.before)} || { say moved 1 ${pinPath}; exit 1; }
${environment === null ? '' : `${unchanged('.env', environment.before)} || { say moved 1 .env; exit 1; }\n`}keep() {
  [ ! -e ${backup}/record.json ] || return 0
  mkdir -p ${backup}
  [ ! -e ${pinPath} ] || cp -p ${pinPath} ${backup}/pin || return 1
  [ ! -e .env ] || cp -p .env ${backup}/env || return 1
  ${put(`${backup}/record.json`, '600', Buffer.from(record))}
}
printf '\\n@davit backup\\n' >&2
keep || { say backup 1 ""; exit 1; }
say backup 0 ""
forward() { ${forward.join(' && ')}; }
back() { ${back.join(' && ')}; }
printf '\\n@davit written\\n' >&2
if forward; then say written 0 ""; else
  say written 1 ""
  step restored back
  exit 1
fi
step config compose config --format json
if [ "$davit_rc" -ne 0 ]; then step restored back; exit 1; fi`;
}

/** Puts files back that a promotion found; for a result that only we could tell to be wrong. */
export function unpinScript(place: Place, claim: HostClaim, pin: Change, environment: Change | null): string {
  const back = ordered(bring(quote(place.pinFile), pin.before), environment === null ? undefined : bring('.env', environment.before), pin.before !== null);
  return [prelude(place), putFunction, unchangedFunction, guard(claim), enter, `back() { ${back.join(' && ')}; }`, 'step restored back'].join('\n');
}
