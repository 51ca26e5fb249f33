import { describe, expect, it } from 'vitest';
import { digestOf, failure, type ApprovalSubject, type Call, type Notice, type TestSubject } from '@davit/core';
import { fixedApproval, manualClock, memoryRegistry, recordingNotifier, scriptedProbe, scriptedTests, scriptedVerifier } from '@davit/core/testing';

const call: Call = { signal: new AbortController().signal };
const subject: TestSubject = { promotion: 'p', environment: 'production', images: [{ name: 'app', reference: 'staging/app@…', digest: digestOf('app') }] };

describe('scriptedTests', () => {
  it('passes for the digests of its subject, now, until told otherwise', async () => {
    const tests = scriptedTests({ clock: manualClock(1000) });
    expect((await tests.run(subject, call))._unsafeUnwrap()).toEqual({ passed: true, digests: [digestOf('app')], finishedAt: 1000, summary: 'all passed' });
    tests.report = { passed: false };
    expect((await tests.run(subject, call))._unsafeUnwrap()).toMatchObject({ passed: false, summary: '1 failed' });
    tests.fail('run', { error: failure('tests_unfinished', 'no') });
    expect((await tests.run(subject, call))._unsafeUnwrapErr().code).toBe('tests_unfinished');
    expect(tests.count('run')).toBe(3);
  });
});

describe('scriptedProbe', () => {
  it('answers until told otherwise', async () => {
    const probe = scriptedProbe({ scope: 'host' });
    const of = { promotion: 'p', host: 'a', digests: {} };
    expect((await probe.probe(of, call)).isOk()).toBe(true);
    probe.answers = ({ host }) => host !== 'a';
    expect((await probe.probe(of, call))._unsafeUnwrapErr()).toMatchObject({ code: 'endpoint_failed', host: 'a' });
    expect(probe.scope).toBe('host');
  });
});

describe('recordingNotifier', () => {
  it('keeps what was delivered, and what was not only among its calls', async () => {
    const notifier = recordingNotifier();
    const notice: Notice = { id: 'p_1', type: 'promotion.started', at: 0, promotion: 'p', environment: 'production', severity: 'info', title: 't', data: {} };
    notifier.fail('notify', { error: failure('notification_failed', 'down') });
    expect((await notifier.notify(notice, call)).isErr()).toBe(true);
    expect((await notifier.notify(notice, call)).isOk()).toBe(true);
    expect(notifier.delivered).toEqual([notice]);
    expect(notifier.calls).toHaveLength(2);
  });
});

describe('scriptedVerifier', () => {
  it('gives the verdict that it was made with', async () => {
    const image = { registry: 'r', repository: 'a', digest: digestOf('app') };
    expect((await scriptedVerifier('untrusted').verify(image, memoryRegistry(), call))._unsafeUnwrap().verdict).toBe('untrusted');
  });
});

describe('fixedApproval', () => {
  it('is decided by the last decision', async () => {
    const asked: ApprovalSubject = { promotion: 'p', environment: 'production', actor: 'ann', planHash: 'h', now: 10 };
    const policy = fixedApproval({ needed: true, expiresInMs: 5 });
    expect((await policy.requirement(asked, call))._unsafeUnwrap()).toMatchObject({ needed: true, expiresAt: 15 });
    expect((await policy.evaluate(asked, [], call))._unsafeUnwrap().verdict).toBe('waiting');
    expect((await policy.evaluate(asked, [{ by: 'bob', knownBy: 'api', decision: 'reject', planHash: 'h', at: 11 }], call))._unsafeUnwrap().verdict).toBe('rejected');
  });
});
