/**
 * The lock of a host's project, and the check that every changing script makes before it changes anything.
 *
 * `lock` is a kernel lock that a shell holds for as long as its standard input stays open, so it is gone when the client
 * is. `lease.json` beside it says who holds it, or whose client died with it, for people and for the check. `work` is locked by each changing script
 * while it runs, and by whoever takes over, until the older driver's script is at its end. `fences/` remembers the
 * highest fence of each promotion, so that a driver that lost its promotion cannot come back.
 * @module
 */
import type { HostClaim } from '@davit/core';
import { quote } from '../quote.js';
import { held, letGo } from '../shell.js';
import { prelude, type Place } from './prelude.js';

/** Exit codes of ours, far from those of the programs called. */
export const busy = 75;
export const fenced = 76;

/** File names must be safe whatever a promotion is called. */
export const fileNameOf = (promotion: string): string => (/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/.test(promotion) ? promotion : `x-${Buffer.from(promotion).toString('hex').slice(0, 120)}`);

const promotionLine = ({ promotion }: HostClaim): string => `  "promotion": ${JSON.stringify(promotion)},`;
const fenceLine = ({ fence }: HostClaim): string => `  "fence": ${String(fence)},`;

/** Where short-lived logins are kept: in memory where the host has such a place, named after the state directory. */
export const loginPlace = `login_place() {
  davit_base=/dev/shm
  [ -d "$davit_base" ] && [ -w "$davit_base" ] || davit_base=$state
  printf '%s/davit-login.%s' "$davit_base" "$(printf %s "$state" | cksum | cut -d' ' -f1)"
}`;

const functions = `has_open() { ls -l "/proc/$1/fd" 2>/dev/null | grep -qF -e "-> $2"; }
holders() { ls -l /proc/[0-9]*/fd 2>/dev/null | awk -v end="-> $1" '/^\\/proc/ { split($0, part, "/") } length($0) > length(end) && substr($0, length($0) - length(end) + 1) == end { print part[3] }' | sort -u; }
lease_pid() { sed -n 's/^  "pid": \\([0-9]*\\),$/\\1/p' "$state/lease.json" 2>/dev/null; }
lease_fence() { sed -n 's/^  "fence": \\([0-9]*\\),$/\\1/p' "$state/lease.json" 2>/dev/null; }
lease_says() { grep -qxF -e "$1" "$state/lease.json" 2>/dev/null; }
known_fence() { cat "$state/fences/$1" 2>/dev/null || echo 0; }`;

/** Takes the lock and holds it. Ends with {@link busy} or {@link fenced} where it cannot; step `lease` then says who holds it. */
export function lockScript(place: Place, claim: HostClaim, started: string): string {
  const name = quote(fileNameOf(claim.promotion));
  const fence = String(claim.fence);
  const head = ['{', promotionLine(claim), `  "environment": ${JSON.stringify(claim.environment)},`, fenceLine(claim), `  "started": ${JSON.stringify(started)},`].join('\n');
  return `${prelude(place)}
${loginPlace}
${functions}
[ -d "$directory" ] || { printf '\\n@davit directory\\n%s does not exist\\n' "$directory" >&2; say directory 1 ""; exit 1; }
mkdir -p "$state/fences" "$state/backups"
state=$(cd "$state" && pwd -P)
read -r me rest </proc/self/stat
exec 9>>"$state/lock"
over() { say fence ${String(fenced)} "$1"; exit ${String(fenced)}; }
newest() { known=$(known_fence ${name}); [ "$known" -le ${fence} ] || over "$known"; }
newest
round=0
until flock -n 9; do
  round=$((round + 1))
  pid=$(lease_pid)
  if [ -n "$pid" ] && has_open "$pid" "$state/lock"; then
    if lease_says ${quote(promotionLine(claim))}; then
      known=$(lease_fence)
      [ "$known" -le ${fence} ] || over "$known"
      kill -TERM "$pid" 2>/dev/null || :
    else
      say lease ${String(busy)} "$(cat "$state/lease.json")"
      exit ${String(busy)}
    fi
  fi
  if [ "$round" -ge 50 ]; then
    say lease ${String(busy)} "$(cat "$state/lease.json" 2>/dev/null || :)"
    exit ${String(busy)}
  fi
  sleep 0.1
done
newest
exec 8>>"$state/work"
write_lease() {
  printf '%s\\n  "pid": %d,\\n  "host": "%s"\\n}\\n' ${quote(head)} "$me" "$(uname -n)" | cat >"$state/lease.new" && mv -f "$state/lease.new" "$state/lease.json" &&
  printf '%s\\n' ${fence} | cat >"$state/fences/new.$me" && mv -f "$state/fences/new.$me" "$state/fences/"${name}
}
if lease_says ${quote(promotionLine(claim))}; then
  write_lease
  round=0
  until flock -n 8; do
    round=$((round + 1))
    [ "$round" -lt 150 ] || { say lease ${String(busy)} "$(cat "$state/lease.json")"; rm -f "$state/lease.json"; exit ${String(busy)}; }
    case $round in
      1) signal=TERM ;;
      100) signal=KILL ;;
      *) signal= ;;
    esac
    if [ -n "$signal" ]; then
      for pid in $(holders "$state/work"); do
        [ "$pid" = "$me" ] || kill "-$signal" "$pid" 2>/dev/null || :
      done
    fi
    sleep 0.1
  done
else
  flock -w 15 -E ${String(busy)} 8 || { say lease ${String(busy)} "$(cat "$state/lease.json")"; exit ${String(busy)}; }
  write_lease
fi
exec 8>&-
rm -rf "$(login_place)".*
find "$state/fences" -type f -mtime +90 -exec rm -f {} + 2>/dev/null || :
printf '${held}\\n'
line=
while read -r line && [ "$line" != ${quote(letGo)} ]; do :; done
[ "$line" = ${quote(letGo)} ] || exit 0
! lease_says ${quote(fenceLine(claim))} || ! lease_says ${quote(promotionLine(claim))} || rm -f "$state/lease.json"`;
}

/** Begins every changing script: alone at work, and still the one that may. Ends with {@link busy} or {@link fenced} otherwise. */
export function guard(claim: HostClaim): string {
  return `stale() { say fence ${String(fenced)} "$(cat "$state/lease.json" 2>/dev/null || :)"; exit ${String(fenced)}; }
[ -e "$state/lease.json" ] || stale
exec 8>>"$state/work"
flock -w 60 -E ${String(busy)} 8 || { say busy ${String(busy)} ""; exit ${String(busy)}; }
grep -qxF -e ${quote(promotionLine(claim))} "$state/lease.json" 2>/dev/null && grep -qxF -e ${quote(fenceLine(claim))} "$state/lease.json" || stale`;
}
