/**
 * Main chart B: Run Staging Tests (R2, R3, G13, G17).
 * @module
 */
import { failure } from '../errors/index.js';
import { isOff } from '../policy/off.js';
import { failed, passed, type Step } from './step.js';

const defaultMaxAgeMs = 24 * 60 * 60 * 1000;

export const runStagingTests: Step = {
  id: 'tests.run',
  // The adapter has its own limit, 30 minutes by default; this one only catches an adapter that has none.
  timeoutMs: 6 * 60 * 60 * 1000,
  perform: async ({ id, created, release, environment, clock, call }) => {
    const { tests } = environment;
    if (tests === undefined) {
      return failed(failure('tests_missing', `${environment.name} has no staging tests configured; configure them, or state tests: { off: 'reason' } if there are none`, { environment: environment.name, field: 'tests' }));
    }
    if (isOff(tests)) return passed({ off: tests.off });
    const images = release.map(({ name, requested, digest }) => ({ name, reference: requested, digest }));
    const ran = await tests.run({ promotion: id, environment: created.environment, images }, call);
    if (ran.isErr()) return failed(ran.error);
    const report = ran.value;
    const facts = { runner: tests.name, passed: report.passed, summary: report.summary, finishedAt: report.finishedAt, ...(report.url === undefined ? {} : { url: report.url }) };
    // Anything but a pass for exactly these digests, lately, is not a pass.
    const untested = release.find(({ digest }) => !report.digests.includes(digest));
    if (untested !== undefined) {
      const other = report.digests.join(', ') || 'no image';
      return failed(failure('tests_other_image', `the staging tests ran for ${other}, but ${untested.name} is ${untested.digest}`, { expected: untested.digest, actual: [...report.digests] }), { facts });
    }
    if (!report.passed) {
      return failed(failure('tests_failed', `the staging tests did not pass: ${report.summary}`, { ...(report.url === undefined ? {} : { url: report.url }), ...(report.evidence === undefined ? {} : { evidence: report.evidence }) }), { facts });
    }
    const ageMs = clock.now() - report.finishedAt;
    const maxAgeMs = tests.maxAgeMs ?? defaultMaxAgeMs;
    if (ageMs > maxAgeMs) {
      return failed(failure('tests_stale', `the staging tests passed ${minutes(ageMs)} ago; at most ${minutes(maxAgeMs)} are allowed`, { expected: maxAgeMs, actual: ageMs }), { facts });
    }
    return passed(facts);
  },
};

const minutes = (ms: number): string => `${String(Math.round(ms / 60_000))} min`;
