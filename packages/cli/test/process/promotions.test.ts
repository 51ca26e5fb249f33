import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { newStage, type Stage, type StageOptions } from './davit.js';

let stage: Stage;
const begin = async (options?: StageOptions): Promise<Stage> => (stage = await newStage(options));
afterEach(() => stage.end());

const runningImage = async (): Promise<string> => (JSON.parse(await readFile(join(stage.directory, 'hosts/hosts.json'), 'utf8')) as { hosts: Record<string, { running: { web: { image: string } } }> }).hosts['app-1']!.running.web.image;
const idOf = (out: string): string => /01[0-9A-Z]{24}/.exec(out)![0];

describe('davit promote', { timeout: 120_000 }, () => {
  it('promotes, is looked at, promotes the next one and goes back, each in a process of its own (R97, item 9)', async () => {
    const { davit, json, reference, images, directory } = await begin();
    const planned = await json('plan', '--to', 'production');
    expect(planned.exitCode).toBe(0);
    expect(planned.document).toMatchObject({ plan: { environment: 'production', images: [{ digest: images['1.4.1']!.digest }] }, hash: expect.stringMatching(/^sha256:/) as string });

    const first = await davit('promote', '--to', 'production', '--actor', 'alice', '--reason', 'the first one');
    expect(first).toMatchObject({ exitCode: 0, err: '' });
    // In a pipe: one line for each event, each with its time.
    for (const line of first.out.split('\n\n')[0]!.split('\n')) expect(line).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ {2}(begin|start|done|note|WARN) +\S/);
    expect(first.out).toContain('asked for by alice (cli:option): the first one');
    expect(first.out).toContain(`records in ${directory}/.davit`);
    expect(first.out).toContain('davit rollback --to production');

    const second = await json('promote', reference('1.4.2'), '--to', 'production', '--key', 'run-7');
    expect(second).toMatchObject({ exitCode: 0, document: { status: 'completed', outcome: 'completed', changed: true, exitCode: 0, digest: images['1.4.2']!.digest, image: `${stage.production.host}/shop/web@${images['1.4.2']!.digest}`, hostsChanged: ['app-1'] } });
    expect(second.err).toContain('Restart the services');
    expect(await runningImage()).toContain(images['1.4.2']!.digest);

    // The same trigger joins its promotion and changes nothing (R1).
    const again = await json('promote', reference('1.4.2'), '--to', 'production', '--key', 'run-7');
    expect(again).toMatchObject({ exitCode: 0, document: { id: second.document['id'] } });

    const standing = await json('status');
    expect(standing.document).toMatchObject({ environments: [{ name: 'production', holder: null, current: { id: second.document['id'] }, open: [] }] });
    expect((await davit('history', '--limit', '1')).out).toContain(String(second.document['id']));
    expect((await json('history')).document['promotions']).toHaveLength(2);

    const back = await json('rollback', '--to', 'production', '--actor', 'carol');
    expect(back).toMatchObject({ exitCode: 0, document: { kind: 'rollback', outcome: 'rolled_back', actor: 'carol', digest: images['1.4.1']!.digest } });
    expect(await runningImage()).toContain(images['1.4.1']!.digest);
  });

  it('ends with 4 at an approval; another process approves, a third one goes on (R12, G14)', async () => {
    const { davit, json } = await begin({ approval: '{}' });
    const waiting = await davit('promote', '--to', 'production', '--actor', 'alice');
    expect(waiting.exitCode).toBe(4);
    const id = idOf(waiting.out);
    const approveCommand = new RegExp(`davit approve ${id} --plan (sha256:[0-9a-f]{12})`).exec(waiting.out)!;
    expect((await json('status')).document).toMatchObject({ environments: [{ open: [{ id, waitingFor: { for: 'approval' } }] }] });

    // Nobody approves for themselves, and no other plan than the present one.
    expect(await json('approve', id, '--actor', 'alice')).toMatchObject({ exitCode: 1, document: { error: { code: 'approval_refused' } } });
    expect(await json('approve', id, '--actor', 'bob', '--plan', 'sha256:000000000000')).toMatchObject({ exitCode: 1, document: { error: { code: 'plan_changed' } } });
    expect(await davit('resume', id)).toMatchObject({ exitCode: 4 });

    const approved = await davit('approve', id.toLowerCase(), '--actor', 'bob', '--plan', approveCommand[1]!, '--comment', 'seen on staging');
    expect(approved.exitCode).toBe(0);
    expect(approved.out).toContain(`davit resume ${id}`);
    expect(stage.production.requests.count({ method: 'PUT' })).toBe(0);

    const done = await davit('resume', id);
    expect(done.exitCode).toBe(0);
    // What was told before is not told again.
    expect(done.out).not.toContain('Check the image size');
    expect(done.out).toContain('approved by bob: seen on staging');
    const events = await json('status', id, '--events');
    expect(events.document['events']).toHaveLength(events.document['records'] as number);
    expect(await json('approve', id)).toMatchObject({ exitCode: 1, document: { error: { code: 'promotion_over' } } });
  });

  it('stays with --wait, and whoever approves is told that somebody drives', async () => {
    const { davit, start } = await begin({ approval: '{}' });
    const promoting = start(['promote', '--to', 'production', '--actor', 'alice', '--wait']);
    await promoting.says('To approve it: davit approve');
    await promoting.says('Waiting: for an approval');
    const history = await davit('history');
    const id = idOf(history.out);
    const following = start(['status', id, '--follow']);
    const approved = await davit('approve', id, '--actor', 'bob');
    expect(approved.out).toContain('A process drives this promotion');
    expect(approved.out).not.toContain(`davit resume ${id}`);
    expect(await promoting.ended).toMatchObject({ exitCode: 0 });
    // Who follows from the beginning meets the approval that was waited for first.
    const followed = await following.ended;
    expect([0, 4], followed.err + followed.out).toContain(followed.exitCode);
    expect(await davit('status', id, '--follow')).toMatchObject({ exitCode: 0 });
  });

  it('ends where it is rejected or cancelled, and touches nothing (R14)', async () => {
    const { davit, json } = await begin({ approval: '{}' });
    const one = idOf((await davit('promote', '--to', 'production', '--actor', 'alice')).out);
    expect(await davit('reject', one, '--actor', 'bob', '--comment', 'not on a Friday')).toMatchObject({ exitCode: 0 });
    expect(await json('resume', one)).toMatchObject({ exitCode: 1, document: { outcome: 'approval_rejected' } });
    const two = idOf((await davit('promote', '--to', 'production', '--actor', 'alice')).out);
    expect((await davit('cancel', two, '--actor', 'bob')).out).toContain(`davit resume ${two}`);
    expect(await json('resume', two)).toMatchObject({ exitCode: 1, document: { outcome: 'cancelled', changed: false } });
    expect(stage.production.requests.count({ method: 'PUT' })).toBe(0);
  });

  it('exits with 3 when it was rolled back, with 5 when a person is needed, with 1 when nothing was touched', async () => {
    const { davit, json, reference, breakVersion } = await begin();
    await breakVersion('1.4.1', 'start');
    const first = await json('promote', '--to', 'production');
    expect(first).toMatchObject({ exitCode: 5, document: { outcome: 'no_rollback_target', exitCode: 5 } });
    await json('promote', reference('1.4.2'), '--to', 'production');
    await breakVersion('1.5.0', 'health');
    const bad = await davit('promote', reference('1.5.0'), '--to', 'production');
    expect(bad.exitCode).toBe(3);
    expect(bad.out).toContain('returned to');
    expect(bad.out).toContain('[service_unhealthy]');
    expect(await runningImage()).toContain(stage.images['1.4.2']!.digest);
    // It is known to be bad now.
    const refused = await davit('promote', reference('1.5.0'), '--to', 'production');
    expect(refused.exitCode).toBe(1);
    expect(refused.out).toContain('--allow-quarantined');
  });
});

describe('Ctrl-C', { timeout: 120_000 }, () => {
  it.each([['SIGINT', 130], ['SIGTERM', 143]] as const)('%s ends the step, gives the lease back and says how to resume; exit code %i', async (signal, exitCode) => {
    const { davit, start, hold } = await begin();
    const goOn = await hold('restart');
    const promoting = start(['promote', '--to', 'production', '--json']);
    await promoting.says(/start {3}Restart the services/);
    promoting.child.kill(signal);
    const ended = await promoting.ended;
    expect(ended).toMatchObject({ exitCode, signal: null });
    const document = JSON.parse(ended.out) as { id: string; next: string[] };
    expect(document).toMatchObject({ status: 'in_progress', outcome: null, exitCode, next: [`davit resume ${document.id}`, `davit cancel ${document.id}`] });
    expect(ended.err).toContain('Interrupted at “Restart the services”');
    await goOn();
    expect(await davit('resume', document.id)).toMatchObject({ exitCode: 0 });
  });

  it('a second one ends the process at once, whatever the step does', async () => {
    const { start, hold, json } = await begin();
    const goOn = await hold('restart', 'deaf');
    const promoting = start(['promote', '--to', 'production']);
    await promoting.says(/start {3}Restart the services/);
    promoting.child.kill('SIGINT');
    await promoting.says('Ctrl-C: stopping');
    promoting.child.kill('SIGINT');
    const ended = await promoting.ended;
    expect(ended.exitCode).toBe(130);
    expect(ended.out).not.toContain('Interrupted at');
    await goOn();
    const [{ id }] = (await json('history')).document['promotions'] as [{ id: string }];
    expect(await json('resume', id)).toMatchObject({ exitCode: 0 });
  });

  it('before a promotion was begun leaves nothing behind', async () => {
    const { start, staging, directory } = await begin();
    staging.faults.add({ when: { times: 99 }, then: { stall: true } });
    const promoting = start(['promote', '--to', 'production', '--json']);
    await staging.requests.until(() => true);
    promoting.child.kill('SIGINT');
    const ended = await promoting.ended;
    expect(ended.exitCode).toBe(130);
    expect(JSON.parse(ended.out)).toMatchObject({ error: { code: 'interrupted' }, exitCode: 130 });
    expect(await readdir(directory)).not.toContain('.davit');
  });

  it('a killed process is taken over by resume (G21)', async () => {
    const { davit, json, start, hold } = await begin();
    const goOn = await hold('restart');
    const promoting = start(['promote', '--to', 'production']);
    await promoting.says(/start {3}Restart the services/);
    promoting.child.kill('SIGKILL');
    await promoting.ended;
    await goOn();
    const [{ id }] = (await json('history')).document['promotions'] as [{ id: string }];
    const resumed = await davit('resume', id);
    expect(resumed.exitCode).toBe(0);
    expect(resumed.out).toContain('the process that ran it died');
  });

  it('a reader that has seen enough does not end the promotion', async () => {
    const { start, json } = await begin();
    const promoting = start(['promote', '--to', 'production']);
    promoting.child.stdout!.destroy();
    expect((await promoting.ended).exitCode).toBe(0);
    expect((await json('history')).document).toMatchObject({ promotions: [{ outcome: 'completed' }] });
  });
});
