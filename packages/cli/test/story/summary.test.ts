import { failure, type PromotionReport } from '@davit/core';
import { describe, expect, it } from 'vitest';
import { makeStyle } from '../../src/output/style.js';
import { promotionDocument } from '../../src/story/promotion-document.js';
import { summaryLines, type SummaryOptions } from '../../src/story/summary.js';
import { memoryWorld, promoteIn } from '../memory-promotion.js';

const plain = makeStyle(false);
const options: SummaryOptions = { place: '/srv/shop/.davit', config: undefined, columns: 160 };
const summary = (report: PromotionReport, more: Partial<SummaryOptions> = {}): string[] => summaryLines(report, plain, { ...options, ...more });
const nextOf = (lines: readonly string[]): string[] => lines.slice(lines.indexOf('Next') + 1).map((line) => line.trim().replace(/ {2,}.*$/, ''));
/** What stands behind a label, until the next label. */
function field(lines: readonly string[], label: string): string[] {
  const at = lines.findIndex((line) => line.startsWith(`  ${label} `));
  const rest = lines.slice(at + 1);
  const more = rest.findIndex((line) => !line.startsWith(' '.repeat(15)));
  return [lines[at]!, ...rest.slice(0, more)].map((line) => line.slice(15));
}

describe('the summary', () => {
  it('of a completed promotion names images by digest, hosts, the journal, and how to go back', async () => {
    const world = memoryWorld({ hosts: ['app-1', 'app-2'] });
    const { report } = await promoteIn(world);
    const lines = summary(report);
    expect(lines[0]).toBe('✔ Completed: The promoted image is proven to run and to be healthy.');
    expect(field(lines, 'promotion')).toEqual([`${report.id} to production`]);
    expect(field(lines, 'web')).toEqual([`production.example/shop/web@${world.v2.digest}`, 'from staging.example/shop/web:1.4.2; tags 1.4.2, production; runs as web']);
    expect(field(lines, 'hosts')).toEqual(['app-1 (changed), app-2 (changed)']);
    expect(field(lines, 'journal')).toEqual([`${String(report.records)} records in /srv/shop/.davit`]);
    expect(field(lines, 'asked by')).toEqual(['alice']);
    expect(nextOf(lines)).toEqual(['davit rollback --to production']);
  });

  it('of a rolled back one says why, with evidence, and what each host returned to (R34, R86)', async () => {
    const world = memoryWorld({ hosts: ['app-1', 'app-2'] });
    world.deployer.fail('health', { error: failure('service_unhealthy', 'app-1: web is unhealthy: GET /up answered 500', { evidence: 'TypeError: price\n  at server.js:14' }) });
    const { report } = await promoteIn(world);
    const lines = summary(report);
    expect(report.exitCode).toBe(3);
    expect(lines[0]).toBe('↩ Rolled back (service_unhealthy): The previous image is proven to run and to be healthy.');
    expect(field(lines, 'returned to')).toEqual([1, 2].map((host) => `app-${String(host)}  web  production.example/shop/web@${world.v1.digest.slice(0, 19)}`));
    const error = lines.findIndex((line) => line.startsWith('  error '));
    expect(lines.slice(error, error + 5)).toEqual([
      '  error   app-1: web is unhealthy: GET /up answered 500 [service_unhealthy]',
      '  cause   Usually: It crashes, restarts, or its health check fails.',
      '  remedy  Read the health log and the log lines in the message.',
      '  | TypeError: price',
      '  |   at server.js:14',
    ]);
    expect(nextOf(lines)).toEqual([`davit status ${report.id} --events`]);
  });

  it('of a failed rollback ends with what to type on the host, line by line (R77)', async () => {
    const world = memoryWorld();
    world.deployer.breakImage(world.v2.digest, 'health');
    world.deployer.breakImage(world.v1.digest, 'start');
    const { report } = await promoteIn(world);
    const lines = summary(report);
    const at = lines.findIndex((line) => line.startsWith('By hand, on '));
    expect(lines.slice(at, at + 3)).toEqual([expect.stringMatching(/^By hand, on app-1$/), '  # on app-1', `  start web production.example/shop/web@${world.v1.digest}`]);
    expect(lines.filter((line) => line.startsWith('By hand'))).toHaveLength(1);
  });

  it('of a rollback that worked says nothing of commands for people', async () => {
    const world = memoryWorld();
    world.deployer.breakImage(world.v2.digest, 'health');
    const { report } = await promoteIn(world);
    expect(report.rollback?.manual).not.toEqual({});
    expect(summary(report).some((line) => line.startsWith('By hand'))).toBe(false);
  });

  it('says that nothing was restarted where nothing had been changed (G3)', async () => {
    const world = memoryWorld();
    world.deployer.breakImage(world.v2.digest, 'pull');
    const { report } = await promoteIn(world);
    expect(report.rollback?.restarted).toBe(false);
    expect(summary(report)[0]).toMatch(/^↩ Rolled back \(pull_failed\): .*Nothing had been changed, so nothing was restarted\.$/);
  });

  it('says that a person is needed where production is not as it should be (G5)', async () => {
    const world = memoryWorld({ first: true });
    world.deployer.breakImage(world.v2.digest, 'health');
    const { report } = await promoteIn(world);
    expect(report).toMatchObject({ outcome: 'no_rollback_target', exitCode: 5 });
    const lines = summary(report);
    expect(lines[0]).toMatch(/^✖ No rollback target .*A person is needed\.$/);
    expect(lines.join('\n')).not.toContain('returned to');
    expect(nextOf(lines)).toEqual([`davit status ${report.id} --events`, 'davit rollback --to production']);
  });

  it('of one that waits shows the plan, until when, and the commands that decide, bound to that plan (R12, G14)', async () => {
    const { report } = await promoteIn(memoryWorld({ approval: true }));
    const lines = summary(report, { config: 'deploy/it is.mjs' });
    expect(lines[0]).toMatch(/^◷ Waiting: for an approval until 2026-03-01 .* \(the test asks for one\)\.$/);
    expect(lines).toContain(`Plan ${report.waitingFor?.planHash ?? ''}`);
    const suffix = ' --config \'deploy/it is.mjs\'';
    expect(nextOf(lines)).toEqual([`davit approve ${report.id} --plan ${report.waitingFor!.planHash!.slice(0, 19)}${suffix}`, `davit reject ${report.id} --comment "why"${suffix}`, `davit resume ${report.id}${suffix}`]);
    expect(nextOf(summary(report, { driven: true }))).not.toContain(`davit resume ${report.id}`);
  });

  it('of an interrupted one says where it stopped, that hosts may stand between two releases, and how to go on', async () => {
    const { report } = await promoteIn(memoryWorld());
    const stopped: PromotionReport = { ...report, outcome: null, status: 'in_progress', step: 'deployment.restart', exitCode: null, hostsChanged: ['app-1'] };
    const lines = summary(stopped, { interrupted: true });
    expect(lines[0]).toBe('✖ Interrupted at “Restart the services”: nothing is lost, and it can be resumed. Until then app-1 may stand between two releases.');
    expect(nextOf(lines)).toEqual([`davit resume ${report.id}`, `davit cancel ${report.id}`]);
    expect(nextOf(summary(stopped))).toEqual([`davit status ${report.id} --follow`, `davit resume ${report.id}`]);
    expect(nextOf(summary(stopped, { driven: true }))).toEqual([`davit status ${report.id} --follow`]);
  });

  it('shouts about channel tags that could not be put back, and lists who was not told', async () => {
    const world = memoryWorld();
    world.deployer.breakImage(world.v2.digest, 'health');
    world.target.fail('tag', { error: failure('registry_denied', 'production.example: 403'), when: ({ digest }) => digest === world.v1.digest, times: 99 });
    world.notifier.fail('notify', { error: failure('notification_failed', 'the answer was 500'), times: 99 });
    const { report } = await promoteIn(world);
    const lines = summary(report).join('\n');
    expect(lines).toContain('The channel tags could not be put back');
    expect(lines).toContain('[registry_denied]');
    expect(lines).toMatch(/ {2}not told {5}recording \(\d notices\)\n/);
  });

  it.each([60, 80, 120])('wraps its own words at %i columns', async (columns) => {
    const world = memoryWorld();
    world.deployer.fail('health', { error: failure('service_unhealthy', 'app-1: web is unhealthy: '.repeat(8)) });
    const lines = summary((await promoteIn(world)).report, { columns });
    // Digests and commands stay in one piece, to be copied.
    const words = lines.filter((line) => !/@sha256|davit |from staging/.test(line));
    for (const line of words) expect(line.length).toBeLessThanOrEqual(columns);
  });
});

describe('the document of a promotion', () => {
  it('is the report, with digest and image of the only image on top, and the next commands', async () => {
    const world = memoryWorld();
    const { report } = await promoteIn(world);
    expect(promotionDocument(report, 0, options)).toEqual({ ...report, digest: world.v2.digest, image: `production.example/shop/web@${world.v2.digest}`, exitCode: 0, next: ['davit rollback --to production'] });
  });

  it('leaves both empty where the release has several images', async () => {
    const { report } = await promoteIn(memoryWorld());
    const [web] = report.images;
    expect(promotionDocument({ ...report, images: [web!, { ...web!, name: 'worker' }] }, 0, options)).toMatchObject({ digest: null, image: null });
  });
});
