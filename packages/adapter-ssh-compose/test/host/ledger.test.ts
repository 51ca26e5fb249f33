import { describe, expect, it } from 'vitest';
import { entriesOf, formatCurrent, formatLedger, readLedger, sameRelease, type LedgerEntry } from '../../src/host/ledger.js';

const entry = (promotion: string, environment: string, images: Readonly<Record<string, string>>): LedgerEntry => ({ v: 1, at: `at ${promotion}`, promotion, environment, services: Object.entries(images).map(([service, image]) => ({ service, image })), verified: true });
const entries = [entry('p1', 'shop', { web: 'w1', worker: 'k1' }), entry('p2', 'mail', { mail: 'm1' }), entry('p3', 'shop', { web: 'w2' })];

describe('the ledger of a host', () => {
  it('is one line a release, and reads back', () => {
    const bytes = formatLedger(entries);
    expect(bytes.toString().trimEnd().split('\n')).toHaveLength(3);
    expect(readLedger(bytes)).toEqual({ entries, damaged: 0 });
    expect(readLedger(null)).toEqual({ entries: [], damaged: 0 });
  });

  it('passes over lines that are cut off, and counts them', () => {
    const cut = `${formatLedger(entries).toString()}{"v":1,"promo`;
    expect(readLedger(Buffer.from(cut))).toEqual({ entries, damaged: 1 });
  });

  it('grows to no more than five hundred lines', () => {
    expect(readLedger(formatLedger(Array.from({ length: 600 }, (_, n) => entry(String(n), 'e', { web: 'w' })))).entries).toHaveLength(500);
  });

  it('says for each service what was proven last, for programs that read the host (R100)', () => {
    expect(JSON.parse(formatCurrent(entries).toString())).toEqual({
      v: 1,
      services: {
        web: { image: 'w2', promotion: 'p3', environment: 'shop', verifiedAt: 'at p3' },
        worker: { image: 'k1', promotion: 'p1', environment: 'shop', verifiedAt: 'at p1' },
        mail: { image: 'm1', promotion: 'p2', environment: 'mail', verifiedAt: 'at p2' },
      },
    });
  });

  it('finds what is about some services, newest first', () => {
    expect(entriesOf({ entries, damaged: 0 }, ['web']).map(({ promotion }) => promotion)).toEqual(['p3', 'p1']);
    expect(entriesOf({ entries, damaged: 0 }, ['none'])).toEqual([]);
  });

  it('compares releases by their content, not their order', () => {
    const a = { services: [{ service: 'a', image: '1' }, { service: 'b', image: '2' }] };
    expect(sameRelease(a, { services: a.services.toReversed() })).toBe(true);
    expect(sameRelease(a, { services: a.services.slice(1) })).toBe(false);
  });
});
