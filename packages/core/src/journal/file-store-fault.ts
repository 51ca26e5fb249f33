/**
 * What the file system's refusals mean for a store.
 * @module
 */
import { failure, type StoreError } from '../errors/index.js';
import { ResultAsync, err, type Result } from '../result.js';

/** The code of a file system error: `ENOENT`; undefined for anything else. */
export function errorNumber(thrown: unknown): string | undefined {
  const code = (thrown as { code?: unknown; syscall?: unknown } | null)?.code;
  return typeof code === 'string' && typeof (thrown as { syscall?: unknown }).syscall === 'string' ? code : undefined;
}

const noSpace = new Set(['ENOSPC', 'EDQUOT']);
// Conditions of this process or this moment, not of the store.
const passing = new Set(['EMFILE', 'ENFILE', 'EAGAIN', 'EBUSY', 'EINTR', 'ESTALE', 'ETIMEDOUT', 'ENOMEM']);
const noLinks = new Set(['ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EXDEV', 'EMLINK']);

export type Intent = 'read' | 'write';

/**
 * Runs file work and turns what the file system throws into a {@link StoreError}. Other exceptions are faults of this
 * program and stay exceptions.
 */
export function fileWork<T>(intent: Intent, root: string, work: () => Promise<Result<T, StoreError>>): ResultAsync<T, StoreError> {
  return new ResultAsync(
    work().catch((thrown: unknown) => {
      if (errorNumber(thrown) === undefined) throw thrown;
      return err(storeFault(intent, root, thrown));
    }),
  );
}

function storeFault(intent: Intent, root: string, thrown: unknown): StoreError {
  const code = errorNumber(thrown) ?? '';
  const path = (thrown as { path?: string }).path ?? root;
  const facts = { path, cause: thrown, retryable: passing.has(code) };
  if (noSpace.has(code)) return failure('store_full', `the store ${root} has no space left (${code}); the record was not written`, facts);
  if (intent === 'read') return failure('store_unreadable', `the store ${root} cannot be read: ${reason(code)} at ${path}`, facts);
  if (noLinks.has(code)) return failure('store_unwritable', `the store ${root} cannot be used: its file system has no hard links (${code})`, facts);
  return failure('store_unwritable', `the store ${root} cannot be written: ${reason(code)} at ${path}`, facts);
}

function reason(code: string): string {
  const known: Readonly<Record<string, string>> = {
    ENOENT: 'no such file or directory',
    ENOTDIR: 'a part of the path is not a directory',
    EISDIR: 'a directory stands where a file should be',
    EACCES: 'permission denied',
    EPERM: 'operation not permitted',
    EROFS: 'the file system is read-only',
    EIO: 'the disk fails',
    EMFILE: 'this process has too many open files',
  };
  return `${known[code] ?? 'the file system refused'} (${code})`;
}

/** What is in the store is not what this store would have written. */
export function storeTampered(path: string, what: string): StoreError {
  return failure('journal_tampered', `${path}: ${what}`, { path });
}
