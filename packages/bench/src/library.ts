/**
 * Davit as a library in a process that goes on running: copies what it is told, and says how long it took.
 * @module
 */
import { copyImage, parseReference } from '@davit/core';
import { dockerRegistry } from '@davit/adapter-docker-registry';
import type { LibraryAnswer, LibraryQuestion } from './contenders.js';

const registry = dockerRegistry();
const call = { signal: new AbortController().signal };

async function copy({ source, target }: LibraryQuestion): Promise<LibraryAnswer> {
  const started = performance.now();
  const from = parseReference(source)._unsafeUnwrap();
  const to = parseReference(target)._unsafeUnwrap();
  const resolved = await registry.resolve(from, call);
  if (resolved.isErr()) return { error: resolved.error.message };
  const { digest } = resolved.value;
  const name = from.repository;
  const done = await copyImage({ name, source: registry, from: { ...from, digest }, target: registry, to, tags: [{ tag: to.tag ?? 'latest' }], referrers: false }, call);
  if (done.isErr()) return { error: done.error.message };
  return { wallMs: performance.now() - started };
}

process.on('message', (question: LibraryQuestion) => {
  void copy(question).then((answer) => process.send?.(answer));
});
