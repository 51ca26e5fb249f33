import { describe, expect, it } from 'vitest';
import { failure } from '@davit/core';
import { makeStyle } from '../../src/output/style.js';
import { damageLines, historyLines, overviewLines } from '../../src/story/overview.js';
import { planHeading, planLines } from '../../src/story/plan-text.js';
import { memoryWorld, promoteIn } from '../memory-promotion.js';

const plain = makeStyle(false);

describe('the overview of environments', () => {
  it('says what runs, who holds it and what is open', async () => {
    const done = await promoteIn(memoryWorld());
    const open = await promoteIn(memoryWorld({ approval: true }));
    const lines = overviewLines([{ name: 'production', holder: null, current: done.report, open: [open.report], unreadable: [] }, { name: 'canary', holder: 'ID', current: null, open: [], unreadable: [] }], plain, undefined);
    expect(lines[0]).toBe('production');
    expect(lines[1]).toMatch(/^ {2}runs {5}shop\/web:1\.4\.2 \([0-9a-f]{12}\) {2}01\w{24}, 2026-03-01 \S+Z, alice$/);
    expect(lines[2]).toBe('  held by  nobody');
    expect(lines[3]).toMatch(/^ {2}open {5}01\w{24} {2}shop\/web:1\.4\.2 \([0-9a-f]{12}\) {2}waits for an approval$/);
    expect(lines.slice(4, 8)).toEqual(['', 'canary', '  runs     nothing that was promoted with Davit', '  held by  ID']);
  });
});

describe('damaged journals', () => {
  it('are named in a line each, and nothing is said where there are none', () => {
    expect(damageLines([], plain)).toEqual([]);
    expect(damageLines([{ id: 'ID', error: failure('journal_tampered', 'record 5 was changed') }], plain)).toEqual(['', expect.stringMatching(/ID is left out: record 5 was changed$/)]);
  });
});

describe('the history', () => {
  it('is a table with the outcome of each, and says so when there is none', async () => {
    const { report } = await promoteIn(memoryWorld());
    const lines = historyLines([report, { ...report, kind: 'rollback', outcome: 'rolled_back', status: 'rolled_back' }, { ...report, outcome: null, step: 'image.copy' }], plain);
    expect(lines[0]).toMatch(/^ID +BEGUN +TO +STANDS +BY +IMAGES$/);
    expect(lines[1]).toContain('completed');
    expect(lines[2]).toContain('rolled_back (rollback)');
    expect(lines[3]).toContain('at “Copy the image”');
    expect(new Set(lines.map((line) => line.search(/IMAGES|shop\/web/))).size).toBe(1);
    expect(historyLines([], plain)).toEqual(['Nothing was promoted yet.']);
  });
});

describe('a plan in words', () => {
  it('says what goes where, what it replaces, and what happens if it fails (R5)', async () => {
    const world = memoryWorld({ hosts: ['app-1', 'app-2'] });
    const planned = (await world.promoter.plan({ environment: 'production' }))._unsafeUnwrap();
    expect(planHeading(planned.plan)).toBe('1 image to production on 2 hosts');
    expect(planLines(planned, plain)).toEqual([
      `  web  ${world.v2.digest}`,
      '    from     staging.example/shop/web',
      '    to       production.example/shop/web',
      '    copies   429 bytes in 3 blobs',
      `    tags     1.4.2 (stays, is new), production (moves, names ${world.v1.digest.slice(0, 19)} now)`,
      '    runs as  web',
      '  hosts  app-1, app-2 (scripted)',
      ...['app-1', 'app-2'].map((host) => `    ${host}  web  production.example/shop/web@${world.v1.digest.slice(0, 19)}  → production.example/shop/web@${world.v2.digest.slice(0, 19)}`),
      '  if it fails  it is rolled back, services stopped first',
      '  endpoints  GET http://app/up',
    ]);
  });

  it('says what the registry has already, and which tag would end the promotion (R21)', async () => {
    const world = memoryWorld();
    const production = { registry: 'production.example', repository: 'shop/web' };
    world.target.put(production, world.v2);
    world.target.put(production, world.v1, '1.4.2');
    const lines = planLines((await world.promoter.plan({ environment: 'production' }))._unsafeUnwrap(), plain).join('\n');
    expect(lines).toContain('copies   nothing: the repository has the image');
    expect(lines).toContain(`▲ production.example/shop/web:1.4.2 exists, names ${world.v1.digest} and may not be moved: the promotion would fail there`);
    expect(world.target.effects).toEqual([]);
  });

  it('warns where there is nothing to return to, and says that an image runs already (G5)', async () => {
    const first = memoryWorld({ first: true });
    const lines = planLines((await first.promoter.plan({ environment: 'production' }))._unsafeUnwrap(), plain);
    expect(lines.at(-1)).toBe('  ▲ nothing runs on app-1 yet: if the deployment fails there, there is nothing to return to');
    const world = memoryWorld({ environment: { rollback: { automatic: false } } });
    const same = planLines((await world.promoter.plan({ environment: 'production', images: 'staging.example/shop/web:1.4.1' }))._unsafeUnwrap(), plain);
    expect(same.join('\n')).toContain('stays: it runs this image already');
    expect(same.join('\n')).toContain('automatic rollback is switched off');
  });
});
