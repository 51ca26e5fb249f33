import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileStore } from '../../src/journal/file-store.js';
import { memoryStore } from '../../src/journal/memory-store.js';
import type { JournalRecord } from '../../src/journal/record.js';
import { failure } from '../../src/errors/index.js';
import { createPromoter } from '../../src/promoter/index.js';
import { newWorld } from './world.js';

const ask = { environment: 'production', actor: 'ann', knownBy: 'test' } as const;

describe('the stream of events (R95, R102)', () => {
  it('gives a second process the same records, live and to the end', async () => {
    const world = newWorld();
    const promotion = (await world.promoter.promote(ask))._unsafeUnwrap();
    const other = world.promoterOn(memoryStore(world.state));
    const seen: JournalRecord[] = [];
    // Opened while the promotion runs; the loop ends by itself.
    for await (const record of (await other.open(promotion.id))._unsafeUnwrap().events()) seen.push(record._unsafeUnwrap());
    expect((await promotion.outcome())._unsafeUnwrap().outcome).toBe('completed');
    const own: JournalRecord[] = [];
    for await (const record of promotion.events()) own.push(record._unsafeUnwrap());
    expect(seen).toEqual(own);
    expect(seen.map(({ seq }) => seq)).toEqual(seen.map((_, at) => at + 1));
    expect(seen.at(-1)).toMatchObject({ type: 'step.passed', data: { step: 'promotion.close' } });
  });

  it('begins at any record', async () => {
    const world = newWorld();
    const promotion = (await world.promoter.promote(ask))._unsafeUnwrap();
    (await promotion.outcome())._unsafeUnwrap();
    const seqs: number[] = [];
    for await (const record of promotion.events({ from: 10 })) seqs.push(record._unsafeUnwrap().seq);
    expect(seqs[0]).toBe(10);
  });

  it('ends when its signal fires', async () => {
    const world = newWorld({ approval: true });
    const promotion = (await world.promoter.promote(ask))._unsafeUnwrap();
    (await promotion.outcome())._unsafeUnwrap();
    const stop = new AbortController();
    let count = 0;
    for await (const record of promotion.events({ signal: stop.signal })) {
      count += record.isOk() ? 1 : 0;
      if (count === 3) stop.abort();
    }
    expect(count).toBe(3);
  });
});

describe('a journal that was changed by hand', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'davit-tampered-'));
  });
  afterEach(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  const waitingPromotion = async () => {
    const world = newWorld({ approval: true });
    const promoter = createPromoter({ store: fileStore({ directory }), environments: { production: world.environment }, clock: world.clock });
    const promotion = (await promoter.promote(ask))._unsafeUnwrap();
    (await promotion.outcome())._unsafeUnwrap();
    const records = join(directory, 'promotions', promotion.id);
    return { world, promoter, id: promotion.id, files: (await readdir(records)).sort().map((name) => join(records, name)) };
  };

  const changes: Readonly<Record<string, (files: readonly string[]) => Promise<void>>> = {
    'a record was edited': async ([, second]) => {
      const path = second as string;
      await rewrite(path, (await readFile(path, 'utf8')).replace('note.driver', 'note.drover'));
    },
    'a digest was exchanged in the first record': async ([first]) => {
      const path = first as string;
      await rewrite(path, (await readFile(path, 'utf8')).replace(/sha256:[0-9a-f]{8}/, 'sha256:00000000'));
    },
    'a record was taken out of the middle': async (files) => rm(files[3] as string),
    'two records were exchanged': async ([, second, third]) => {
      const [a, b] = [await readFile(second as string, 'utf8'), await readFile(third as string, 'utf8')];
      await rewrite(second as string, b);
      await rewrite(third as string, a);
    },
    'text was appended to a record': async ([, second]) => appendFile(second as string, '{}\n'),
  };

  for (const [what, change] of Object.entries(changes)) {
    it(`is refused by every verb, and nothing is done on it: ${what}`, async () => {
      const { world, promoter, id, files } = await waitingPromotion();
      await change(files);
      const effects = world.production.effects.length;
      expect((await promoter.status(id))._unsafeUnwrapErr()).toMatchObject({ code: 'journal_tampered', message: expect.stringContaining(id) as unknown });
      expect((await promoter.approve(id, { actor: 'bob' }))._unsafeUnwrapErr().code).toBe('journal_tampered');
      expect((await promoter.cancel(id, { actor: 'bob' }))._unsafeUnwrapErr().code).toBe('journal_tampered');
      expect((await promoter.resume(id)).isErr()).toBe(true);
      expect(world.production.effects.length).toBe(effects);
    });
  }

  async function rewrite(path: string, text: string): Promise<void> {
    await rm(path);
    await writeFile(path, text);
  }
});

describe('secrets (R95)', () => {
  it('reach no record and no notice, in no encoding, although adapters let them slip into errors and facts', async () => {
    const secret = 'planted-Secret/4711+x';
    const forms = [secret, Buffer.from(secret).toString('base64'), Buffer.from(secret).toString('base64url'), encodeURIComponent(secret), Buffer.from(secret).toString('hex')];
    const world = newWorld();
    const promoter = createPromoter({
      store: memoryStore(world.state),
      environments: { production: { ...world.environment, target: Object.assign(Object.create(world.production) as typeof world.production, { secrets: () => [secret] }) } },
      clock: world.clock,
      leaseMs: 10 ** 12,
    });
    world.deployer.fail('health', { error: { ...failure('service_unhealthy', `cannot log in with ${forms[0] ?? ''}`, { evidence: `Authorization: Basic ${forms[1] ?? ''}\n${forms.join('\n')}` }), changed: true } });
    world.deployer.fail('lock', { error: failure('host_locked', `https://user:${forms[3] ?? ''}@host is locked`, { retryable: true }) });
    const promotion = (await promoter.promote({ ...ask, reason: `because ${secret}` }))._unsafeUnwrap();
    expect((await promotion.outcome())._unsafeUnwrap().outcome).toBe('rolled_back');
    const kept = JSON.stringify([[...world.state.streams.values()], world.notifier.delivered]);
    for (const form of forms) expect(kept).not.toContain(form);
    expect(kept).toContain('[redacted]');
  });
});
