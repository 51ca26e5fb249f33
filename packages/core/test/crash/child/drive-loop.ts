/**
 * The child process of the kill tests: begins a promotion, resumes it or approves it, and says what became of it.
 *
 *   node drive-loop.mjs <directory> promote|resume|approve
 * @module
 */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPromoter, fileStore, okAsync, systemClock, type DavitError, type Notifier, type Promotion, type ResultAsync } from '@davit/core';
import { fixedApproval, scriptedTests } from '@davit/core/testing';
import { fileHosts } from './file-hosts.js';
import { fileRegistry } from './file-registry.js';
import { reached, say, withPlaces } from './reached.js';

const [directory = '', verb = ''] = process.argv.slice(2);
const effects = join(directory, 'effects.log');
const notifier: Notifier = {
  name: 'file',
  notify: ({ id, type }) => {
    reached('before', `notify ${type}`);
    appendFileSync(join(directory, 'notices.log'), `${id} ${type}\n`);
    reached('after', `notify ${type}`);
    return okAsync(undefined);
  },
};
const store = fileStore({ directory: join(directory, 'store') });
const promoter = createPromoter({
  store: withPlaces(store),
  leaseMs: Number(process.env['DAVIT_TEST_LEASE_MS'] ?? 60_000),
  environments: {
    production: {
      source: fileRegistry(join(directory, 'staging'), effects),
      target: fileRegistry(join(directory, 'production'), effects),
      deployer: fileHosts(join(directory, 'hosts'), effects, process.env['DAVIT_TEST_UNHEALTHY']),
      release: { web: { from: 'staging.example/web:v2', to: 'production.example/web' } },
      tests: scriptedTests(),
      checks: { signature: { off: 'the test signs nothing' } },
      approval: fixedApproval({ needed: process.env['DAVIT_TEST_APPROVAL'] === 'needed' }),
      notifiers: [notifier],
    },
  },
});

async function told(begun: ResultAsync<Promotion, DavitError>): Promise<void> {
  const report = await begun.andThen((promotion) => promotion.outcome());
  if (report.isOk()) {
    const { id, status, outcome, exitCode, waitingFor } = report.value;
    say({ id, status, outcome, exitCode, waitingFor: waitingFor?.for ?? null });
    return;
  }
  say({ error: report.error.code });
  if (report.error.code !== 'lease_held') return;
  await systemClock.sleep(100);
  await told(promoter.resume(await firstId()));
}

async function firstId(): Promise<string> {
  return (await store.list())._unsafeUnwrap()[0] ?? '';
}

if (verb === 'promote') await told(promoter.promote({ environment: 'production', actor: 'ann', knownBy: 'test', key: 'run-1' }));
if (verb === 'resume') await told(promoter.resume(await firstId()));
if (verb === 'approve') say((await promoter.approve(await firstId(), { actor: 'bob', knownBy: 'test' })).match(() => ({ approved: true }), ({ code }) => ({ error: code })));
