/**
 * Replaces a file at once or not at all.
 * @module
 */
import { createHash } from 'node:crypto';
import { quote } from '../quote.js';

/**
 * `put PATH MODE SHA256 BASE64` writes beside the file, compares the checksum, and renames. A file that is there keeps its
 * mode and owner; a symbolic link is refused. Shells do not say why their own `printf` could not write, so `cat` and
 * `base64` do the writing.
 */
export const putFunction = `put() {
  if [ -L "$1" ]; then printf '%s is a symbolic link\\n' "$1" >&2; return 1; fi
  davit_new=$(mktemp "$(dirname "$1")/.davit.XXXXXX") || return 1
  if
    printf %s "$4" | base64 -d >"$davit_new" && [ "$(sha256sum <"$davit_new" | cut -c1-64)" = "$3" ] &&
    if [ -e "$1" ]; then chmod "$(stat -c %a "$1")" "$davit_new" && { [ "$(stat -c %u:%g "$1")" = "$(stat -c %u:%g "$davit_new")" ] || chown "$(stat -c %u:%g "$1")" "$davit_new"; }; else chmod "$2" "$davit_new"; fi
  then
    sync "$davit_new" 2>/dev/null || :
    mv -f "$davit_new" "$1"
  else
    rm -f "$davit_new"
    return 1
  fi
}`;

/** The arguments of `put` for these bytes. `path` is shell text. */
export function put(path: string, mode: string, bytes: Buffer): string {
  return `put ${path} ${mode} ${createHash('sha256').update(bytes).digest('hex')} ${quote(bytes.toString('base64') || '')}`;
}

/** Whether the file still has the bytes that were read before: `unchanged PATH SHA256|absent`. */
export const unchangedFunction = `unchanged() {
  if [ "$2" = absent ]; then [ ! -e "$1" ]; else [ -e "$1" ] && [ "$(sha256sum <"$1" | cut -c1-64)" = "$2" ]; fi
}`;

export function unchanged(path: string, bytes: Buffer | null): string {
  return `unchanged ${path} ${bytes === null ? 'absent' : createHash('sha256').update(bytes).digest('hex')}`;
}
