/** A signal stops a copy at whatever it is doing, within a second, and no upload stays open that can be cancelled (issue 3, R14). */
import { afterEach, describe, expect, it } from 'vitest';
import { bench, kinds, type Bench } from './bench.js';

let run: Bench;
afterEach(() => run.close());

/** What is waited for when the signal fires must be over long before any time-out of the client. */
const longest = 60_000;

describe('a signal', () => {
  it.each(kinds.filter(({ name }) => name !== 'token'))('that fires while $name of the $side waits for its answer ends the copy', async (kind) => {
    run = await bench({ requestTimeoutMs: longest });
    const fault = run.inject(kind, { stall: true }, 1);
    const stop = new AbortController();
    const copying = run.copy({}, stop.signal);
    await expect.poll(() => fault.hits).toBe(1);
    stop.abort();
    expect((await copying)._unsafeUnwrapErr()).toMatchObject({ code: 'interrupted', retryable: false });
    // Cancelling is over when the copy is; the registry may still be at it.
    await expect.poll(() => run.target.openUploads).toBe(0);
    // Only what is read back is tagged by then.
    expect(run.target.store.digestOf('prod/app', '1.0')).toBe(kind.name === 'GET manifest' && kind.side === 'target' ? run.image.digest : undefined);
    // The same again does what is left.
    expect((await run.copy()).isOk()).toBe(true);
    expect(await run.isRight()).toBe(true);
  });

  it('that fires in the middle of four uploads ends all of them, and cancels their sessions', async () => {
    run = await bench({ requestTimeoutMs: longest });
    run.source.faults.add({ when: { method: 'GET', path: /blobs\/sha256:/, times: 9 }, then: { holdBackUntil: new Promise(() => undefined), afterBytes: 1000 } });
    const stop = new AbortController();
    const copying = run.copy({}, stop.signal);
    await run.target.requests.until(({ method, path }) => method === 'PUT' && path.includes('uploads') && run.target.requests.count({ method: 'PUT' }) >= 2);
    stop.abort();
    expect((await copying)._unsafeUnwrapErr().code).toBe('interrupted');
    await expect.poll(() => run.target.openUploads).toBe(0);
    expect(run.target.store.manifests('prod/app')).toEqual([]);
  });

  it('that fires while a limit is waited out ends the waiting', async () => {
    run = await bench({ requestTimeoutMs: longest });
    const stop = new AbortController();
    run.target.faults.add({ when: { method: 'POST', times: 99 }, then: { status: 429, headers: { 'retry-after': '30' } } });
    const copying = run.copy({}, stop.signal);
    await run.target.requests.until(({ status }) => status === 429);
    stop.abort();
    expect((await copying)._unsafeUnwrapErr().code).toBe('interrupted');
  });
});
