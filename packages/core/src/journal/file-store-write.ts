/**
 * Durable writes: a file is either there as a whole, and stays so after a power cut, or it is not there at all.
 * @module
 */
import { randomUUID } from 'node:crypto';
import { link, lstat, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorNumber } from './file-store-fault.js';
import { recordName, type StoreLayout } from './file-store-layout.js';

const directoryMode = 0o700;
const fileMode = 0o600;
/** A temporary file of that age has no process any more that would finish it. Milliseconds. */
const leftoverAgeMs = 60 * 60 * 1000;

/** Makes the store's directories, and removes what killed processes left in `tmp`. */
export async function prepareStore(layout: StoreLayout, now: number): Promise<void> {
  for (const directory of [layout.promotions, layout.environments, layout.keys, layout.leases, layout.tmp]) {
    await mkdir(directory, { recursive: true, mode: directoryMode });
  }
  await syncDirectory(layout.root);
  await removeLeftovers(layout.tmp, now - leftoverAgeMs);
}

async function removeLeftovers(tmp: string, before: number): Promise<void> {
  for (const name of await readdir(tmp)) {
    const path = join(tmp, name);
    // Another process may be removing the same leftovers, and a leftover that stays harms nobody.
    const found = await lstat(path).catch(() => undefined);
    if (found !== undefined && found.mtimeMs < before) await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Puts `text` at `path`, which must not exist yet. False where it does: of several callers exactly one gets true. */
export async function putFile(layout: StoreLayout, path: string, text: string): Promise<boolean> {
  const temporary = temporaryPath(layout);
  try {
    await writeSynced(temporary, text);
    if (!(await linkOnce(temporary, path))) return false;
    await syncDirectory(dirname(path));
    return true;
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

/** A stream's directory with its first record, written but not yet in its place. */
export interface StagedStream {
  /** Puts it in its place. False where a stream is there already. */
  publish(directory: string): Promise<boolean>;
  /** Removes it, where it was not published. */
  discard(): Promise<void>;
}

/** Writes a stream's first record beside the store, so that the stream appears with it and never without. */
export async function stageStream(layout: StoreLayout, first: string): Promise<StagedStream> {
  const temporary = temporaryPath(layout);
  const discard = async (): Promise<void> => rm(temporary, { recursive: true, force: true }).catch(() => undefined);
  try {
    await mkdir(temporary, { mode: directoryMode });
    await writeSynced(join(temporary, recordName(1)), first);
    await syncDirectory(temporary);
  } catch (thrown) {
    await discard();
    throw thrown;
  }
  return {
    discard,
    publish: async (directory) => {
      try {
        // A directory that holds a record cannot be renamed over: this is the compare-and-set.
        await rename(temporary, directory);
      } catch (thrown) {
        if (!['ENOTEMPTY', 'EEXIST'].includes(errorNumber(thrown) ?? '')) throw thrown;
        return false;
      }
      await syncDirectory(dirname(directory));
      return true;
    },
  };
}

function temporaryPath(layout: StoreLayout): string {
  return join(layout.tmp, `${String(process.pid)}-${randomUUID()}`);
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', fileMode);
  try {
    await file.writeFile(text);
    await file.datasync();
  } finally {
    await file.close();
  }
}

async function linkOnce(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (thrown) {
    if (errorNumber(thrown) !== 'EEXIST') throw thrown;
    // A network file system may repeat a request whose answer was lost, and then find its own link.
    const [ours, theirs] = await Promise.all([stat(from, { bigint: true }), stat(to, { bigint: true })]);
    return ours.ino === theirs.ino && ours.dev === theirs.dev;
  }
}

/** Makes the names in a directory durable. Windows cannot, and needs not: its file systems journal names. */
export async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } catch (thrown) {
    // Some network file systems know no fsync of directories.
    if (!['EINVAL', 'ENOTSUP'].includes(errorNumber(thrown) ?? '')) throw thrown;
  } finally {
    await handle.close();
  }
}

/** Whether something is at that path. */
export async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (thrown) {
    if (errorNumber(thrown) !== 'ENOENT') throw thrown;
    return false;
  }
}
