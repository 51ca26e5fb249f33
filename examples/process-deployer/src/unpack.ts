/**
 * Unpacks a layer into a directory that it cannot leave.
 * @module
 */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract, type Headers } from 'tar-stream';

/** Why a layer is not unpacked. */
export class UnpackFault extends Error {}

export interface UnpackLimits {
  readonly maxBytes: number;
  readonly maxEntries: number;
}

const whiteout = '.wh.';
const opaque = '.wh..wh..opq';

/**
 * Unpacks one layer over the ones below it.
 * @param directory Ours alone and without links, so that a path in it is where it seems to be.
 * @returns The digest of the archive, unpacked: its `diff_id`.
 * @throws UnpackFault where an entry is a link, a device or outside of the directory, or there is too much of it.
 */
export async function unpackLayer(bytes: AsyncIterable<Uint8Array>, isGzip: boolean, directory: string, limits: UnpackLimits, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  const archive = extract();
  // An archive that is cut ends the entry that is being written before anybody listens to it.
  const broken = new AbortController();
  const written = unpackEntries(archive, directory, limits, broken.signal);
  const measured = async function* (unpacked: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let total = 0;
    for await (const chunk of unpacked) {
      total += chunk.length;
      if (total > limits.maxBytes) throw new UnpackFault(`the layer is larger than ${String(limits.maxBytes)} bytes when unpacked`);
      hash.update(chunk);
      yield chunk;
    }
  };
  const source = Readable.from(bytes, { objectMode: false });
  const fed = isGzip ? pipeline(source, createGunzip(), measured, archive, { signal }) : pipeline(source, measured, archive, { signal });
  fed.catch(() => { broken.abort(); });
  const [feeding, writing] = await Promise.allSettled([fed, written]);
  if (writing.status === 'rejected' && writing.reason instanceof UnpackFault) throw writing.reason;
  if (feeding.status === 'rejected') throw feeding.reason;
  if (writing.status === 'rejected') throw writing.reason;
  return `sha256:${hash.digest('hex')}`;
}

async function unpackEntries(archive: ReturnType<typeof extract>, directory: string, limits: UnpackLimits, broken: AbortSignal): Promise<void> {
  let entries = 0;
  for await (const entry of archive) {
    entries += 1;
    if (entries > limits.maxEntries) throw new UnpackFault(`the layer has more than ${String(limits.maxEntries)} entries`);
    const path = safePath(entry.header);
    const name = path.at(-1) ?? '';
    const target = join(directory, ...path);
    if (name === opaque) await empty(dirname(target));
    else if (name.startsWith(whiteout)) await rm(join(dirname(target), name.slice(whiteout.length)), { recursive: true, force: true });
    else if (entry.header.type === 'directory') await mkdir(target, { recursive: true });
    else {
      await mkdir(dirname(target), { recursive: true });
      await rm(target, { recursive: true, force: true });
      await pipeline(entry, createWriteStream(target, { flags: 'wx', mode: (entry.header.mode ?? 0o644) & 0o777 }), { signal: broken });
      continue;
    }
    entry.resume();
  }
}

/** The parts of an entry's path, below the directory. Only files and directories are unpacked. */
function safePath({ name, type }: Headers): readonly string[] {
  const shown = JSON.stringify(name.slice(0, 200));
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..') || name.includes('\0') || name.includes('\\')) throw new UnpackFault(`the layer has an entry outside of its directory: ${shown}`);
  // Through a link a later entry could be written anywhere.
  if (type !== 'file' && type !== 'contiguous-file' && type !== 'directory') throw new UnpackFault(`the layer has an entry that is neither file nor directory: ${shown} (${type ?? 'unknown'})`);
  const name_ = parts.at(-1) ?? '';
  if (name_.startsWith(whiteout) && name_ !== opaque && ['', '.', '..'].includes(name_.slice(whiteout.length))) throw new UnpackFault(`the layer removes what is outside of its directory: ${shown}`);
  if (type !== 'directory' && parts.length === 0) throw new UnpackFault(`the layer has a file without a name: ${shown}`);
  return parts;
}

async function empty(directory: string): Promise<void> {
  for (const name of await readdir(directory).catch(() => [])) await rm(join(directory, name), { recursive: true, force: true });
}
