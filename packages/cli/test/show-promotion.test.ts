import { errAsync, failure, ok, okAsync, ResultAsync, type DavitError, type JournalRecord, type Promotion, type PromotionReport, type Result } from '@davit/core';
import { describe, expect, it } from 'vitest';
import type { OpenPromoter } from '../src/config/open-promoter.js';
import { interruption } from '../src/interruption.js';
import { createOutput } from '../src/output/output.js';
import { showPromotion } from '../src/show-promotion.js';
import { memoryWorld, promoteIn } from './memory-promotion.js';
import { fakeProcess } from './surroundings.js';

const { report, records } = await promoteIn(memoryWorld());

/** Shows a promotion whose driver gives this outcome, while the journal stands like that. */
async function show(outcome: Result<PromotionReport, DavitError>, standing: Partial<PromotionReport> = {}, options: { readonly stop?: 'SIGINT' | 'SIGTERM'; readonly json?: boolean; readonly after?: number; readonly listed?: readonly JournalRecord[] } = {}) {
  const process = fakeProcess([]);
  const context = { surroundings: process, output: createOutput(process, options.json ?? true), config: undefined };
  const stop = interruption(process, () => undefined);
  if (options.stop !== undefined) process.stop(options.stop);
  const promotion: Promotion = {
    id: report.id,
    joined: false,
    events: async function* ({ signal } = {}) {
      for (const record of options.listed ?? records) yield await okAsync(record);
      // As a journal that nobody writes to any more.
      if (signal?.aborted === false) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    },
    onProgress: () => () => undefined,
    outcome: () => (outcome.isOk() ? okAsync(outcome.value) : errAsync(outcome.error)),
  };
  const opened = { promoter: { status: () => okAsync({ ...report, ...standing }) }, store: {}, place: '/srv/.davit', clean: (value: unknown) => value } as unknown as OpenPromoter;
  const exitCode = await showPromotion(context, opened, promotion, stop, options.after === undefined ? {} : { after: options.after });
  return { exitCode, out: process.out(), err: process.err() };
}

const okReport = async (more: Partial<PromotionReport> = {}): Promise<Result<PromotionReport, DavitError>> => okAsync<PromotionReport, DavitError>({ ...report, ...more });
const stopped = { outcome: null, status: 'in_progress', exitCode: null, hostsChanged: [] } as const;

describe('the end of a driven promotion', () => {
  it('is its report, with its exit code', async () => {
    const { exitCode, out, err } = await show(await okReport());
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ id: report.id, outcome: 'completed', exitCode: 0 });
    expect(err).toContain('Completed');
  });

  it.each([['SIGINT', 130], ['SIGTERM', 143]] as const)('after %s is %i, and only where it did not end by itself meanwhile', async (signal, exitCode) => {
    expect(await show(await okReport({ ...stopped, step: 'image.copy' }), {}, { stop: signal })).toMatchObject({ exitCode, err: expect.stringContaining('Interrupted at “Copy the image”') as string });
    expect(await show(await okReport(), {}, { stop: signal })).toMatchObject({ exitCode: 0, err: expect.not.stringContaining('Interrupted') as string });
  });

  it('is waited for, and where nobody writes for a while it says how to go on', async () => {
    const process = fakeProcess([]);
    const context = { surroundings: process, output: createOutput(process, false), config: 'shop.config.mjs' };
    let end: (result: Result<PromotionReport, DavitError>) => void = () => undefined;
    const promotion: Promotion = {
      id: report.id,
      joined: true,
      events: async function* ({ signal } = {}) {
        yield await okAsync(records[0]!);
        await new Promise((resolve) => signal?.addEventListener('abort', resolve, { once: true }));
      },
      onProgress: () => () => undefined,
      outcome: () => new ResultAsync(new Promise((resolve) => { end = resolve; })),
    };
    const opened = { promoter: { status: () => okAsync({ ...report, records: 1 }) }, store: {}, place: '/srv/.davit', clean: (value: unknown) => value } as unknown as OpenPromoter;
    const shown = showPromotion(context, opened, promotion, interruption(process, () => undefined), { hintAfterMs: 20 });
    while (!process.out().includes('Nothing was written')) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(process.out()).toContain(`If nobody drives it any more: davit resume ${report.id} --config shop.config.mjs`);
    end(ok({ ...report, records: 1 }));
    expect(await shown).toBe(0);
  });

  it('shows only what is new, where it was begun before', async () => {
    const { err } = await show(await okReport(), {}, { after: records.length - 2 });
    expect(err.split('\n').filter((line) => /^\d{4}-/.test(line)).length).toBeLessThanOrEqual(2);
  });

  it.each([
    ['store_full', 'image.copy', [], 1],
    ['store_full', 'deployment.restart', [], 5],
    ['store_full', 'deployment.health', ['app-1'], 5],
    ['store_full', 'rollback.stop', [], 5],
    ['lease_held', 'deployment.restart', ['app-1'], 1],
  ] as const)('where the driver fails with %s at %s is 5 only if production is left between two releases', async (code, step, hostsChanged, exitCode) => {
    const shown = await show(await errAsync<PromotionReport, DavitError>(failure(code, 'the driver stopped')), { ...stopped, step, hostsChanged });
    expect(shown.exitCode).toBe(exitCode);
    const document = JSON.parse(shown.out) as { error: object; promotion: { next: string[] } };
    expect(document).toMatchObject({ error: { code }, exitCode });
    expect(document.promotion.next).toEqual(code === 'lease_held' ? [`davit status ${report.id} --follow`] : [`davit resume ${report.id}`, `davit cancel ${report.id}`]);
  });
});
