/**
 * Staging tests as a function: what it must answer to count as passed.
 * @module
 */
import { testFunction, type TestFunction, type TestFunctionOptions } from '@davit/checks';
import { ConfigurationError, err, failure, ok, parseDigest, type TestSubject } from '@davit/core';
import { manualClock } from '@davit/core/testing';
import { describe, expect, it } from 'vitest';

const digest = parseDigest(`sha256:${'a'.repeat(64)}`)._unsafeUnwrap();
const subject: TestSubject = { promotion: 'p1', environment: 'production', images: [{ name: 'web', reference: 'web:1', digest }] };
const run = (test: TestFunction, options: TestFunctionOptions = {}, signal = new AbortController().signal) => testFunction(test, options).run(subject, { signal });

describe('testFunction', () => {
  it('binds true and false to the digests that it was given (R3, G13)', async () => {
    const clock = manualClock({ start: 7000 });
    expect((await run(() => true, { clock }))._unsafeUnwrap()).toEqual({ passed: true, digests: [digest], finishedAt: 7000, summary: 'function: passed' });
    expect((await run(() => Promise.resolve(false), { clock, name: 'smoke' }))._unsafeUnwrap()).toEqual({ passed: false, digests: [digest], finishedAt: 7000, summary: 'smoke: not passed' });
  });

  it('keeps what a report says of itself: other digests, an earlier time, a link (G17)', async () => {
    const report = { passed: true, digests: ['sha256:other'], finishedAt: 1, summary: '42 passed', url: 'https://ci.example.com/1', evidence: 'x' };
    expect((await run(() => report))._unsafeUnwrap()).toEqual(report);
    expect((await run(() => Promise.resolve(ok(report))))._unsafeUnwrap()).toEqual(report);
  });

  it.each([[undefined], [null], ['passed'], [1], [{}], [{ passed: 'yes' }], [{ success: true }]])('answers tests_missing to %j, which is no result', async (given) => {
    const error = (await run((() => given) as unknown as TestFunction))._unsafeUnwrapErr();
    expect(error.code).toBe('tests_missing');
  });

  it('answers tests_unfinished to an exception, and hands on an error that is given as a value', async () => {
    expect((await run(() => { throw new Error('no browser'); }))._unsafeUnwrapErr()).toMatchObject({ code: 'tests_unfinished', message: expect.stringContaining('no browser') as string });
    expect((await run(() => Promise.reject(new Error('no browser'))))._unsafeUnwrapErr().code).toBe('tests_unfinished');
    const stale = failure('tests_stale', 'too old');
    expect((await run(() => Promise.resolve(err(stale))))._unsafeUnwrapErr()).toEqual(stale);
  });

  it('answers tests_unfinished after 30 minutes, and tells the function to stop', async () => {
    const clock = manualClock();
    let told: AbortSignal | undefined;
    const ended = run((_, { signal }) => { told = signal; return new Promise(() => undefined); }, { clock });
    await clock.advance(30 * 60 * 1000 - 1);
    expect(told?.aborted).toBe(false);
    await clock.advance(1);
    expect((await ended)._unsafeUnwrapErr()).toMatchObject({ code: 'tests_unfinished', retryable: true });
    expect(told?.aborted).toBe(true);
  });

  it('answers interrupted at once when it is asked to stop, also where the function does not listen', async () => {
    const stop = new AbortController();
    const ended = run(() => new Promise(() => undefined), {}, stop.signal);
    stop.abort();
    expect((await ended)._unsafeUnwrapErr().code).toBe('interrupted');
    let called = false;
    expect((await run(() => { called = true; return true; }, {}, AbortSignal.abort()))._unsafeUnwrapErr().code).toBe('interrupted');
    expect(called).toBe(false);
  });

  it('checks its options at once', () => {
    expect(() => testFunction('npm test' as never)).toThrow(ConfigurationError);
    expect(() => testFunction(() => true, { timeoutMs: 0 })).toThrow(ConfigurationError);
    expect(() => testFunction(() => true, { maxAgeMs: -1 })).toThrow(ConfigurationError);
    expect(() => testFunction(() => true, { timeout: 1 } as never)).toThrow('testFunction: there is no option "timeout"');
    expect(testFunction(() => true, { maxAgeMs: 5 }).maxAgeMs).toBe(5);
  });
});
