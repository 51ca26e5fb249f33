/**
 * Both stores of core against the published contract.
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeStore } from '@davit/conformance';
import { fileStore, memoryStore, memoryStoreState } from '@davit/core';

describeStore('memory', {
  create: () => {
    const state = memoryStoreState();
    return Promise.resolve({ store: memoryStore(state), other: memoryStore(state), dispose: () => Promise.resolve() });
  },
});

describeStore('file', {
  create: async () => {
    const directory = await mkdtemp(join(tmpdir(), 'davit-store-'));
    return { store: fileStore({ directory }), other: fileStore({ directory }), dispose: () => rm(directory, { recursive: true }) };
  },
});

// Where the file system gives no notices (network file systems), the interval alone must do.
describeStore('file, without notices of the file system', {
  create: async () => {
    const directory = join(await mkdtemp(join(tmpdir(), 'davit-store-')), 'made', 'later');
    const options = { directory, watch: false, pollIntervalMs: 5 };
    return { store: fileStore(options), other: fileStore(options), dispose: () => rm(join(directory, '..', '..'), { recursive: true }) };
  },
});
