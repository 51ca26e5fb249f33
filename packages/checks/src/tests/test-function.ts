/**
 * Staging tests as the caller's own function (R2, R3, G13, G17).
 * @module
 */
import { checkOptions, ConfigurationError, err, failure, isDavitError, ok, ResultAsync, systemClock, type Call, type CheckError, type Clock, type Result, type StagingTests, type TestReport, type TestSubject } from '@davit/core';
import { commonRules } from './common-rules.js';

/** `true` and `false` speak of the release that was given; a report may say more. */
export type TestFunctionResult = boolean | (Partial<Omit<TestReport, 'passed'>> & { readonly passed: boolean });

/** Runs the tests, or finds the result of a run. What it throws means that nothing is known. It should stop at `signal`. */
export type TestFunction = (subject: TestSubject, call: Call) => TestFunctionResult | PromiseLike<TestFunctionResult | Result<TestFunctionResult, CheckError>>;

export interface TestFunctionOptions {
  /** Name in records. Default: `function`. */
  readonly name?: string;
  /** When the function has not answered by then, the tests count as not run. Milliseconds; default: 30 minutes. */
  readonly timeoutMs?: number;
  /** Results older than this are not passed. Milliseconds; default: core's, 24 hours. */
  readonly maxAgeMs?: number;
  /** Default: the system's clock. */
  readonly clock?: Clock;
}

/**
 * Tests by a function. Unless its report says otherwise, it tested the very digests that it was given, and just now.
 * An answer that is neither a boolean nor a report is `tests_missing`; an exception or a time-out is `tests_unfinished`.
 * @example testFunction(async ({ images }) => (await smokeTest(images[0].digest)).ok)
 * @throws ConfigurationError where an option is misspelt or wrong.
 */
export function testFunction(test: TestFunction, options: TestFunctionOptions = {}): StagingTests {
  if (typeof test !== 'function') throw new ConfigurationError('testFunction needs a function', { field: 'test' });
  checkOptions<TestFunctionOptions>(options, commonRules, { of: 'testFunction' });
  const { name = 'function', timeoutMs = 30 * 60 * 1000, clock = systemClock, maxAgeMs } = options;

  const run = async (subject: TestSubject, call: Call): Promise<Result<TestReport, CheckError>> => {
    const interrupted = err(failure('interrupted', 'the staging tests were ended because the process was asked to stop', { retryable: true }));
    if (call.signal.aborted) return interrupted;
    const over = new AbortController();
    const stop = AbortSignal.any([call.signal, over.signal]);
    const timeout = clock.sleep(timeoutMs, stop).then(() => (call.signal.aborted ? interrupted : err(failure('tests_unfinished', `the staging tests did not answer within ${String(timeoutMs)} ms`, { retryable: true }))));
    const answered = answer(test, subject, { ...call, signal: stop }).then((given) => given.andThen((result) => report(result, subject, name, clock.now())));
    const first = await Promise.race([answered, timeout]);
    over.abort();
    return first;
  };
  return { name, ...(maxAgeMs === undefined ? {} : { maxAgeMs }), run: (subject, call) => new ResultAsync(run(subject, call)) };
}

async function answer(test: TestFunction, subject: TestSubject, call: Call): Promise<Result<unknown, CheckError>> {
  try {
    const given: unknown = await test(subject, call);
    return isResult(given) ? given : ok(given);
  } catch (thrown) {
    if (isDavitError(thrown)) return err(failure('tests_unfinished', thrown.message, { retryable: thrown.retryable, cause: thrown }));
    return err(failure('tests_unfinished', `the staging tests threw: ${thrown instanceof Error ? thrown.message : String(thrown)}`, { cause: thrown }));
  }
}

/** By shape: another copy of the Result library may have made it. */
function isResult(value: unknown): value is Result<unknown, CheckError> {
  return typeof value === 'object' && value !== null && typeof (value as { isErr?: unknown }).isErr === 'function' && typeof (value as { isOk?: unknown }).isOk === 'function';
}

function report(given: unknown, subject: TestSubject, name: string, now: number): Result<TestReport, CheckError> {
  const result = typeof given === 'boolean' ? { passed: given } : given;
  if (typeof result !== 'object' || result === null || typeof (result as { passed?: unknown }).passed !== 'boolean') {
    return err(failure('tests_missing', 'the staging tests gave no result: neither a boolean nor a report with `passed`'));
  }
  const { passed, digests, finishedAt, summary, url, evidence } = result as Partial<TestReport> & { readonly passed: boolean };
  return ok({
    passed,
    digests: digests ?? subject.images.map(({ digest }) => digest),
    finishedAt: finishedAt ?? now,
    summary: summary ?? `${name}: ${passed ? 'passed' : 'not passed'}`,
    ...(url === undefined ? {} : { url }),
    ...(evidence === undefined ? {} : { evidence: evidence.slice(-4096) }),
  });
}
