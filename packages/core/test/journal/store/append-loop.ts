/**
 * The child process of the kill test: works on a store as fast as it can, and says what was acknowledged.
 * @module
 */
import { writeSync } from 'node:fs';
import { fileStore } from '@davit/core';

const [directory = '', run = ''] = process.argv.slice(2);
const store = fileStore({ directory });
const stream = { kind: 'promotion', id: 'p1' } as const;

/** Written at once and whole: what the parent reads was acknowledged. */
const say = (what: string): void => {
  writeSync(1, `${what}\n`);
};

const fence = (await store.acquireLease('p1', run, 1, Date.now())).map((lease) => lease.fence).unwrapOr(0);
say(`fence ${String(fence)}`);
let seq = (await store.read(stream, 1))._unsafeUnwrap().length;
for (;;) {
  seq += 1;
  (await store.append(stream, seq, JSON.stringify({ run, seq })))._unsafeUnwrap();
  say(`append ${String(seq)}`);
  const key = `${run} ${String(seq)}`;
  const { id } = (await store.create(`made by ${key}`, key, JSON.stringify({ key })))._unsafeUnwrap();
  say(`create ${id}`);
}
