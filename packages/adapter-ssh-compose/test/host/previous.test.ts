import { describe, expect, it } from 'vitest';
import type { HostRelease } from '@davit/core';
import type { Ledger, LedgerEntry } from '../../src/host/ledger.js';
import { hostState, type DeploymentRecord, type Seen } from '../../src/host/previous.js';
import type { ServiceView } from '../../src/host/view.js';

const r = (...images: readonly string[]): HostRelease => ({ services: images.map((image) => ({ service: image.split('-')[0] ?? '', image })) });
const entry = (promotion: string, ...images: readonly string[]): LedgerEntry => ({ v: 1, at: '', promotion, environment: 'production', ...r(...images), verified: true });
const ledger = (...entries: readonly LedgerEntry[]): Ledger => ({ entries, damaged: 0 });
const view = (image: string, state: ServiceView['state'] = 'running', more: Partial<ServiceView> = {}): ServiceView => ({ service: image.split('-')[0] ?? '', ...(state === 'running' || state === 'unhealthy' ? { image } : {}), state, containers: [], aliases: [], mixed: false, ...more });
const seen = (views: readonly ServiceView[], of: Ledger = ledger(), records: readonly DeploymentRecord[] = []): Seen => ({ views, ledger: of, records });
const record = (promotion: string, wanted: HostRelease, previous: HostRelease | null): DeploymentRecord => ({ v: 1, promotion, environment: 'production', wanted: wanted.services, previous: previous?.services ?? null });
const previous = (release: HostRelease, of: Seen) => hostState(release, of).previous?.services.map(({ image }) => image);

describe('what a rollback returns to (R68)', () => {
  it('is what runs and is well', () => {
    expect(previous(r('web-2'), seen([view('web-1')], ledger(entry('p1', 'web-1'))))).toEqual(['web-1']);
    expect(previous(r('web-2', 'worker-2'), seen([view('web-1'), view('worker-1')]))).toEqual(['web-1', 'worker-1']);
  });

  it('is what runs although the ledger says another, and that is drift', () => {
    const state = hostState(r('web-3'), seen([view('web-2')], ledger(entry('p1', 'web-1'))));
    expect(state.previous?.services).toEqual(r('web-2').services);
    expect(state.drift).toEqual(['web runs web-2; the ledger says web-1 (promotion p1)']);
  });

  it('is no drift when both names mean one image', () => {
    expect(hostState(r('web-3'), seen([view('web-2', 'running', { aliases: ['web-1', 'web-2'] })], ledger(entry('p1', 'web-1')))).drift).toEqual([]);
  });

  it('is the last proven release where what runs is unwell', () => {
    for (const state of ['unhealthy', 'stopped'] as const) expect(previous(r('web-3'), seen([view('web-2', state)], ledger(entry('p1', 'web-1'))))).toEqual(['web-1']);
    expect(previous(r('web-3'), seen([view('web-2', 'running', { mixed: true })], ledger(entry('p1', 'web-1'))))).toEqual(['web-1']);
  });

  it('is what runs, although unwell, where nothing was ever proven', () => {
    expect(previous(r('web-3'), seen([view('web-2', 'unhealthy')]))).toEqual(['web-2']);
  });

  it('is never the release itself: then it is the one before it in the ledger', () => {
    const of = ledger(entry('p1', 'web-1'), entry('p2', 'web-2'), entry('p3', 'web-2'));
    expect(previous(r('web-2'), seen([view('web-2')], of))).toEqual(['web-1']);
    expect(previous(r('web-1'), seen([view('web-1')], ledger(entry('p1', 'web-1'))))).toBeUndefined();
  });

  it('is nothing on a first deployment', () => {
    const state = hostState(r('web-1'), seen([view('web-1', 'absent')]));
    expect(state).toEqual({ services: [{ service: 'web', state: 'absent' }], drift: [] });
  });

  it('is what was noted before the deployment that is under way, whatever runs by now (G21)', () => {
    const noted = [record('p2', r('web-2', 'worker-2'), r('web-1', 'worker-1'))];
    const of = ledger(entry('p1', 'web-1', 'worker-1'));
    for (const views of [[view('web-2'), view('worker-1')], [view('web-2'), view('worker-2')], [view('web-2', 'stopped'), view('worker-1', 'absent')]]) {
      expect(previous(r('web-2', 'worker-2'), seen(views, of, noted))).toEqual(['web-1', 'worker-1']);
    }
    expect(previous(r('web-2', 'worker-2'), seen([view('web-2'), view('worker-2')], ledger(), [record('p2', r('web-2', 'worker-2'), null)]))).toBeUndefined();
  });

  it('is not taken from what another release noted, or one that has been proven since', () => {
    const noted = [record('p2', r('web-2'), r('web-1'))];
    expect(previous(r('web-3'), seen([view('web-2')], ledger(), noted))).toEqual(['web-2']);
    expect(previous(r('web-2'), seen([view('web-2')], ledger(entry('p0', 'web-0'), entry('p2', 'web-2')), noted))).toEqual(['web-0']);
  });

  it('is found among the records of other environments in the same project', () => {
    const noted = [record('mail-9', r('mail-2'), r('mail-1')), record('p2', r('web-2'), r('web-1'))];
    expect(previous(r('web-2'), seen([view('web-2')], ledger(entry('mail-9', 'mail-2')), noted))).toEqual(['web-1']);
  });

  it('is what ran before Davit came, where the ledger has nothing older', () => {
    expect(previous(r('web-1'), seen([view('web-1')], ledger(entry('p1', 'web-1')), [record('p1', r('web-1'), r('web-0'))]))).toEqual(['web-0']);
  });

  it('has only the services that ran before', () => {
    expect(previous(r('web-2', 'mail-1'), seen([view('web-1'), view('mail-1', 'absent')]))).toEqual(['web-1']);
  });

  it('tells of services that the ledger knows and that do not run, and of lines that cannot be read', () => {
    const state = hostState(r('web-2'), seen([view('web-1', 'stopped')], { entries: [entry('p1', 'web-1')], damaged: 2 }));
    expect(state.drift).toEqual(['2 lines of the ledger cannot be read', 'web does not run; the ledger says web-1 (promotion p1)']);
    expect(state.verified).toEqual({ ...r('web-1'), promotion: 'p1' });
  });

  it('takes the new image of a deployment under way for no drift', () => {
    const noted = [record('p2', r('web-2'), r('web-1'))];
    expect(hostState(r('web-2'), seen([view('web-2')], ledger(entry('p1', 'web-1')), noted)).drift).toEqual([]);
  });
});
