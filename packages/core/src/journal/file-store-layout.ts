/**
 * Where a file store keeps what, and how names become file names.
 *
 *   promotions/<id>/00000001.json     one immutable file a record
 *   environments/<name>/00000001.json the same
 *   keys/<sha256 of the key>.json     which promotion a key began
 *   leases/<id>/00000001.json         who drives a promotion; only the newest counts
 *   tmp/                              files on their way; never read
 * @module
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { StreamId } from '../ports/index.js';

export interface StoreLayout {
  readonly root: string;
  readonly promotions: string;
  readonly environments: string;
  readonly keys: string;
  readonly leases: string;
  readonly tmp: string;
}

export function storeLayout(root: string): StoreLayout {
  return { root, promotions: join(root, 'promotions'), environments: join(root, 'environments'), keys: join(root, 'keys'), leases: join(root, 'leases'), tmp: join(root, 'tmp') };
}

export function streamDirectory(layout: StoreLayout, stream: StreamId): string {
  return join(stream.kind === 'promotion' ? layout.promotions : layout.environments, fileNameOf(stream.id));
}

export function keyFile(layout: StoreLayout, key: string): string {
  return join(layout.keys, `${createHash('sha256').update(key).digest('hex')}.json`);
}

/** A name that cannot leave its directory and can be read back; what people usually choose stays as it is. */
export function fileNameOf(id: string): string {
  return id === '' ? '%' : id.replace(/[^A-Za-z0-9_.-]|^\./gu, (character) => Array.from(Buffer.from(character), (byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''));
}

/** The id of a file name; undefined where {@link fileNameOf} would never have made it. */
export function idOfFileName(name: string): string | undefined {
  if (name === '%') return '';
  try {
    const id = decodeURIComponent(name);
    return fileNameOf(id) === name ? id : undefined;
  } catch {
    return undefined;
  }
}

/** Eight digits, so that a directory listing is in order; more where eight do not suffice. */
export function recordName(seq: number): string {
  return `${String(seq).padStart(8, '0')}.json`;
}

/** The number of a record's file; undefined for a foreign file. */
export function recordNumber(name: string): number | undefined {
  const seq = Number.parseInt(name, 10);
  return seq > 0 && recordName(seq) === name ? seq : undefined;
}
