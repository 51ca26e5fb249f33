import { failure, okAsync, type JournalRecord } from '@davit/core';
import { stepIds, waitIds } from '@davit/core/machine';
import { describe, expect, it } from 'vitest';
import { makeStyle } from '../../src/output/style.js';
import { tellingLines } from '../../src/story/line-view.js';
import { stepWords, waitWords } from '../../src/story/step-words.js';
import { Story, type Telling } from '../../src/story/telling.js';
import { memoryWorld, promoteIn, recordsOf, type Told } from '../memory-promotion.js';

const plain = makeStyle(false);

/** `done    Copy the image: …`, without the times. */
function told({ records }: Pick<Told, 'records'>, story = new Story()): string[] {
  return records.flatMap((record) => story.tell(record)).flatMap((telling) => tellingLines(telling, plain)).map((line) => line.replace(/^\S+ \S+Z {2}/, '').replace(/ \([\d.]+ (?:s|min).*?\)$/, ''));
}

const record = (type: JournalRecord['type'], data: Record<string, unknown>, boxes: readonly string[] = []): JournalRecord => ({ v: 1, seq: 2, at: Date.UTC(2026, 2, 1, 2, 14, 5), promotion: '01J', actor: 'x', type, boxes, data: data as JournalRecord['data'], prev: '', hash: '' });
const tellOne = (...given: Parameters<typeof record>): readonly Telling[] => new Story().tell(record(...given));

describe('the story of a promotion', () => {
  it('tells a promotion that completes, each step with what it did (R95, R102)', async () => {
    const world = memoryWorld();
    const lines = told(await promoteIn(world));
    expect(lines[0]).toMatch(/^begin {3}Promotion 01\w{24}: to production, asked for by alice \(test\)$/);
    expect(lines[1]).toMatch(/^note {4}web: staging\.example\/shop\/web:1\.4\.2 is sha256:[0-9a-f]{12}, goes to production\.example\/shop\/web$/);
    expect(lines.filter((line) => line.startsWith('done'))).toEqual([
      'done    Run the staging tests: all passed',
      'done    Begin the promotion',
      'done    Check the image size',
      'done    Verify the image layers',
      'done    Check the image metadata',
      'done    Verify the image signature',
      'done    Ask whether approval is needed: no: a test',
      'done    Take hold of the environment: production',
      expect.stringMatching(/^done {4}Copy the image: \d+ bytes in 3 blobs copied$/),
      'done    Apply version tags: 1.4.2',
      'done    Move channel tags: production.example/shop/web:production',
      'done    Lock the hosts, note what runs',
      'done    Check the hosts: app-1',
      'done    Pull the image: pulled',
      'done    Pin the image: pinned',
      'done    Restart the services: restarted',
      'done    Wait for healthy services: app-1',
      'done    Ask the endpoints: GET http://app/up: answers',
      'done    Prove what runs: app-1',
      'done    Record the release on the hosts',
      'done    Close',
    ]);
    expect(lines).toContain('WARN    Verify the image signature: web: signatures are not checked: nothing is signed here');
    expect(lines).toContain('note    Notified: recording');
  });

  it('tells why a deployment failed, that it is rolled back, and what to (R28, R34)', async () => {
    const world = memoryWorld({ hosts: ['app-1', 'app-2'] });
    world.deployer.breakImage(world.v2.digest, 'health');
    const lines = told(await promoteIn(world));
    const failed = lines.findIndex((line) => line.startsWith('FAILED'));
    expect(lines[failed]).toMatch(/^FAILED {2}Wait for healthy services: .*\[service_unhealthy\]$/);
    expect(lines.slice(failed).filter((line) => !line.startsWith('start'))).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^done {4}Mark the image as unhealthy: sha256:[0-9a-f]{12} is refused here from now on$/),
        'BACK    Rolling back',
        'done    Stop the services: stopped on app-1, app-2',
        'done    Restart with the previous image: restarted on app-1, app-2',
        'done    Settle the channel tags: production.example/shop/web:production: restored',
      ]),
    );
    expect(lines).toContain('note    Restart the services: app-2: done');
  });

  it('tells of every attempt to copy and of the wait between two (R18, R92, G1)', async () => {
    const world = memoryWorld();
    world.target.fail('writeManifest', { error: failure('registry_unavailable', 'production.example: 503', { retryable: true }), times: 2 });
    const lines = told(await promoteIn(world));
    expect(lines.filter((line) => line.includes('Copy the image') || line.startsWith('wait'))).toEqual([
      'start   Copy the image',
      expect.stringMatching(/^FAILED {2}Copy the image: .*503 \[registry_unavailable\]$/),
      expect.stringMatching(/^wait {4}Waiting: for the next attempt at 2026-03-01 /),
      'start   Copy the image: attempt 2 of 3',
      expect.stringMatching(/^FAILED/),
      expect.stringMatching(/^wait/),
      'start   Copy the image: attempt 3 of 3',
      expect.stringMatching(/^done {4}Copy the image/),
    ]);
  });

  it('tells that an approval is waited for, until when, who gave it and how the name was known (R12, G14)', async () => {
    const world = memoryWorld({ approval: true });
    const waiting = await promoteIn(world);
    const said = told(waiting, new Story({ approveWith: (id, hash) => `davit approve ${id} --plan ${hash}` }));
    const wait = said.findIndex((line) => line.startsWith('wait'));
    expect(said[wait]).toMatch(/^wait {4}Waiting: for an approval until 2026-03-01 \d\d:\d\d:\d\dZ$/);
    expect(said[wait - 1]).toMatch(/^note {4}To approve it: davit approve 01\w{24} --plan sha256:[0-9a-f]{64}$/);
    expect(told(waiting).join('\n')).not.toContain('To approve it');
    const approved = (await world.promoter.approve(waiting.report.id, { actor: 'bob', knownBy: 'test', comment: 'seen on staging' }))._unsafeUnwrap();
    expect(told({ records: await recordsOf(world.promoter, approved) })).toContain('done    Approved: by bob (test): seen on staging');
  });

  it('tells of a refused release what each check found, and warns where nothing can be returned to (G5)', async () => {
    const tests = { name: 'tests', run: () => okAsync({ passed: false, digests: [], finishedAt: 0, summary: '1 failed' }) };
    expect(told(await promoteIn(memoryWorld({ environment: { tests } }))).find((line) => line.startsWith('FAILED'))).toMatch(/\[tests_other_image\]$/);
    const first = told(await promoteIn(memoryWorld({ first: true })));
    expect(first).toContain('WARN    Lock the hosts, note what runs: nothing to return to on app-1: if this deployment fails there, it cannot be rolled back');
  });

  it('marks the lines of others, so that none is taken for a line of ours or a command to a GitHub runner', () => {
    const [telling] = tellOne('step.failed', { step: 'deployment.restart', error: { code: 'start_failed', message: 'web exited\nwith code 1', evidence: '::add-mask::x\nlast line\n' } });
    const lines = tellingLines(telling!, plain);
    expect(lines.every((line) => !line.trimStart().startsWith('::'))).toBe(true);
    expect(lines.map((line) => line.slice(22))).toEqual(['FAILED  Restart the services: web exited', 'FAILED    | with code 1 [start_failed]', expect.any(String), expect.any(String)]);
    expect(lines.slice(2)).toEqual(['  | ::add-mask::x', '  | last line']);
  });

  it.each([
    ['step.interrupted', { step: 'image.copy', reason: 'shutdown' }, 'Copy the image', 'interrupted; it can be resumed'],
    ['step.interrupted', { step: 'image.copy', reason: 'crash' }, 'Copy the image', 'the process that ran it died'],
    ['cancel.requested', { by: 'bob', knownBy: 'cli:os-user', reason: 'user' }, 'Cancel asked for', 'by bob (cli:os-user)'],
    ['note.driver', { owner: 'vm:4026531836/812/a-1/ff', fence: 2 }, 'Driven', 'by process 812 on vm'],
    ['note.driver', { owner: 'a-store-of-others', fence: 2 }, 'Driven', 'by a-store-of-others'],
    ['note.warning', { step: 'promotion.proceed', message: 'production is held' }, 'Take hold of the environment', 'production is held'],
    ['note.delivery', { notice: '01J_9', notifier: 'slack', delivered: false, error: { message: 'the answer was 500' } }, 'Not notified', 'slack: the answer was 500'],
    ['step.deferred', { step: 'promotion.proceed', wait: { for: 'hold', wakeAt: 5, deadline: null } }, 'Waiting', 'for the promotion that holds the environment'],
    ['wait.expired', { wait: 'approval' }, 'Waited in vain', 'for an approval: the time is over'],
    ['approval.given', { by: 'bob', knownBy: 'api', decision: 'reject', planHash: 'x', at: 1 }, 'Rejected', 'by bob (api)'],
    ['note.host', { host: 'app-1', step: 'deployment.health', facts: { changed: false } }, 'Wait for healthy services: app-1', 'healthy'],
  ] as const)('puts %s into words', (type, data, what, detail) => {
    expect(tellOne(type, data)[0]).toMatchObject({ what, detail });
  });

  it('has words for every step and every wait that the machine knows', () => {
    expect(Object.keys(stepWords).sort()).toEqual([...stepIds].sort());
    expect(Object.keys(waitWords).sort()).toEqual([...waitIds].sort());
  });

  it('tells of a step or facts that it does not know, instead of failing', () => {
    expect(tellOne('step.passed', { step: 'future.step', facts: { web: 3, list: [null] } })).toMatchObject([{ what: 'future.step', detail: '' }]);
    for (const step of stepIds) {
      for (const facts of [undefined, null, 4, [], { web: null, findings: 'x', moved: {}, endpoints: [], previous: [1] }]) expect(() => tellOne('step.passed', { step, facts })).not.toThrow();
    }
  });

  it('says which batch is at work, where there are several (G22)', async () => {
    const world = memoryWorld({ hosts: ['app-1', 'app-2'], environment: { batches: [['app-1'], ['app-2']] } });
    const lines = told(await promoteIn(world));
    expect(lines.filter((line) => line.startsWith('start   Restart'))).toEqual(['start   Restart the services: batch 1 of 2', 'start   Restart the services: batch 2 of 2']);
    expect(lines.filter((line) => line.startsWith('start   Pull'))).toEqual(['start   Pull the image']);
  });
});

describe('a check of an organisation', () => {
  it('is told with all that it found', async () => {
    const custom = { name: 'licences', check: () => okAsync([1, 2].map((n) => ({ code: 'licence', path: 'x', severity: 'error' as const, message: `licence ${String(n)} is not allowed` }))) };
    const lines = told(await promoteIn(memoryWorld({ environment: { checks: { signature: { off: 'x' }, custom: [custom] } } })));
    expect(lines.filter((line) => line.includes('licence'))).toEqual([expect.stringMatching(/^FAILED .*licence 1 is not allowed \(and 1 more\)/), expect.stringMatching(/^WARN .*licence 2 is not allowed/)]);
  });
});
