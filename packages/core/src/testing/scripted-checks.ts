/**
 * Staging tests, endpoint probes, signature verifiers and approval rules that answer what a test tells them.
 * @module
 */
import { failure, type CheckError } from '../errors/index.js';
import type { ApprovalPolicy, Clock, EndpointProbe, ProbeSubject, SignatureVerdict, SignatureVerifier, StagingTests, TestReport, TestSubject } from '../ports/index.js';
import { systemClock } from '../ports/index.js';
import { err, ok, okAsync } from '../result.js';
import { createScript, type Scripted } from './script.js';

export interface ScriptedTests extends StagingTests, Scripted<'run', CheckError, { readonly method: 'run'; readonly subject: TestSubject }> {
  /** What the next runs report, merged over a pass of the subject's digests, finished now. */
  report: Partial<TestReport>;
}

/** Staging tests that pass for whatever they are asked, until a test says otherwise. */
export function scriptedTests(options: { readonly name?: string; readonly report?: Partial<TestReport>; readonly maxAgeMs?: number; readonly clock?: Clock } = {}): ScriptedTests {
  const { name = 'scripted-tests', maxAgeMs, clock = systemClock } = options;
  const { run, ...scripted } = createScript<'run', CheckError, { readonly method: 'run'; readonly subject: TestSubject }>();
  const tests: ScriptedTests = {
    ...scripted,
    name,
    ...(maxAgeMs === undefined ? {} : { maxAgeMs }),
    report: options.report ?? {},
    run: (subject, { signal }) =>
      run({ method: 'run', subject }, signal, () => {
        const passed = tests.report.passed ?? true;
        return ok<TestReport, CheckError>({ passed, digests: subject.images.map(({ digest }) => digest), finishedAt: clock.now(), summary: passed ? 'all passed' : '1 failed', ...tests.report });
      }),
  };
  return tests;
}

export interface ScriptedProbe extends EndpointProbe, Scripted<'probe', CheckError, { readonly method: 'probe'; readonly subject: ProbeSubject }> {
  /** Whether the endpoint answers, for a host where one is given. */
  answers: (subject: ProbeSubject) => boolean;
}

/** An endpoint that answers, until a test says otherwise. */
export function scriptedProbe(options: { readonly name?: string; readonly scope?: 'runner' | 'host'; readonly answers?: (subject: ProbeSubject) => boolean } = {}): ScriptedProbe {
  const { name = 'scripted-probe', scope, answers = () => true } = options;
  const { run, ...scripted } = createScript<'probe', CheckError, { readonly method: 'probe'; readonly subject: ProbeSubject }>();
  const probe: ScriptedProbe = {
    ...scripted,
    name,
    ...(scope === undefined ? {} : { scope }),
    answers,
    probe: (subject, { signal }) =>
      run({ method: 'probe', subject }, signal, () => (probe.answers(subject) ? ok({ target: name, summary: 'answers' }) : err<never, CheckError>(failure('endpoint_failed', `${name} does not answer`, { host: subject.host })))),
  };
  return probe;
}

export interface ScriptedVerifier extends SignatureVerifier, Scripted<'verify', CheckError, { readonly method: 'verify'; readonly digest: string }> {
  verdict: SignatureVerdict;
}

/** A signature verifier with one answer. */
export function scriptedVerifier(verdict: SignatureVerdict['verdict'] = 'verified', detail = 'a key of the test'): ScriptedVerifier {
  const { run, ...scripted } = createScript<'verify', CheckError, { readonly method: 'verify'; readonly digest: string }>();
  const verifier: ScriptedVerifier = {
    ...scripted,
    name: 'scripted-verifier',
    verdict: { verdict, detail },
    verify: (image, _source, { signal }) => run({ method: 'verify', digest: image.digest }, signal, () => ok(verifier.verdict)),
  };
  return verifier;
}

/** Approval rules with one answer: none needed, or needed and decided by the first decision. */
export function fixedApproval(options: { readonly needed: boolean; readonly expiresInMs?: number }): ApprovalPolicy {
  const { needed, expiresInMs } = options;
  return {
    name: 'fixed-approval',
    requirement: ({ now }) => okAsync({ needed, reason: needed ? 'the test asks for one' : 'the test asks for none', expiresAt: expiresInMs === undefined ? null : now + expiresInMs }),
    evaluate: (_subject, decisions) => {
      const last = decisions.at(-1);
      if (last === undefined) return okAsync({ verdict: 'waiting', reason: 'nobody decided' });
      return okAsync({ verdict: last.decision === 'approve' ? 'approved' : 'rejected', reason: `decided by ${last.by}` });
    },
  };
}
