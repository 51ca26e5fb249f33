/**
 * The embedded store: one directory a promotion, one immutable JSON file a record, no dependency.
 *
 * Several processes of one machine may use one directory at the same time. The file system must have hard links (every
 * local one of Linux and macOS has); `ls` and `cat` are enough to read it.
 * @module
 */
import { lstat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { checkOptions, failure, rule, type OptionRules, type StoreError } from '../errors/index.js';
import { requirePort, systemClock, type Clock, type PromotionStore } from '../ports/index.js';
import { err, type Result, type ResultAsync } from '../result.js';
import { createPromotion } from './file-store-create.js';
import { errorNumber, fileWork, type Intent } from './file-store-fault.js';
import { followRecords } from './file-store-follow.js';
import { storeLayout, streamDirectory } from './file-store-layout.js';
import { acquireLease, releaseLease, renewLease } from './file-store-lease.js';
import { appendRecord, listPromotions, readRecords } from './file-store-stream.js';
import { prepareStore } from './file-store-write.js';
import { processOwner } from './process-owner.js';

export interface FileStoreOptions {
  /** Where the store is, or is made at the first write (mode 0700). Reading never makes it: what is not there yet is empty. */
  readonly directory: string;
  /** Whether the directory must be there already, as on a mounted volume. Default: false. Where it is missing: `store_unreadable`, `store_unwritable`. */
  readonly mustExist?: boolean;
  /** How often `follow` looks by itself, in milliseconds. Default: 500. */
  readonly pollIntervalMs?: number;
  /** Whether `follow` also asks the file system for notices, which come at once. Default: true. */
  readonly watch?: boolean;
  /** Default: the system's clock. */
  readonly clock?: Clock;
}

const rules: OptionRules<FileStoreOptions> = {
  directory: rule.texts('a directory, such as \'.davit\''),
  mustExist: rule.optional(rule.flag),
  pollIntervalMs: rule.optional(rule.milliseconds()),
  watch: rule.optional(rule.flag),
  clock: rule.optional(rule.by(requirePort, 'Clock')),
};

/**
 * Keeps journals in a directory.
 * @throws ConfigurationError where an option is missing, misspelt or wrong.
 */
export function fileStore(options: FileStoreOptions): PromotionStore {
  checkOptions<FileStoreOptions>(options, rules, { of: 'fileStore' });
  const { pollIntervalMs = 500, clock = systemClock } = options;
  const layout = storeLayout(resolve(options.directory));
  let prepared: Promise<void> | undefined;
  let wasThere = options.mustExist === true;

  /** What is missing may be missing because the whole store is gone, which must not look like an empty one. */
  const missing = async (intent: Intent): Promise<StoreError | undefined> => {
    try {
      await lstat(layout.root);
      wasThere = true;
      return undefined;
    } catch (thrown) {
      if (errorNumber(thrown) !== 'ENOENT') throw thrown;
      if (!wasThere) return undefined;
      const code = intent === 'read' ? 'store_unreadable' : 'store_unwritable';
      return failure(code, `the store's directory ${layout.root} does not exist`, { path: layout.root });
    }
  };
  const work = <T>(intent: Intent, act: () => Promise<Result<T, StoreError>>): ResultAsync<T, StoreError> =>
    fileWork(intent, layout.root, async () => {
      const gone = await missing(intent);
      if (gone !== undefined) return err(gone);
      if (intent === 'write') {
        prepared ??= prepareStore(layout, clock.now());
        try {
          await prepared;
        } catch (thrown) {
          // Tried anew at the next write: the disk may have been freed by then.
          prepared = undefined;
          throw thrown;
        }
        wasThere = true;
      }
      return act();
    });
  const read: PromotionStore['read'] = (stream, fromSeq) => work('read', () => readRecords(layout, stream, fromSeq));

  return {
    name: 'file',
    newOwner: processOwner,
    create: (id, key, first) => work('write', () => createPromotion(layout, id, key, first)),
    append: (stream, seq, line) => work('write', () => appendRecord(layout, stream, seq, line)),
    read,
    follow: (stream, fromSeq, signal) =>
      followRecords({ directory: streamDirectory(layout, stream), fromSeq, signal, pollIntervalMs, clock, watch: options.watch ?? true, read: (next) => read(stream, next) }),
    list: () => work('read', () => listPromotions(layout)),
    acquireLease: (promotion, owner, ttlMs, now) => work('write', () => acquireLease(layout, promotion, owner, ttlMs, now)),
    renewLease: (lease, ttlMs, now) => work('write', () => renewLease(layout, lease, ttlMs, now)),
    releaseLease: (lease) => work('write', () => releaseLease(layout, lease)),
  };
}
