import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorCodes, errorFamilies } from '@davit/core';
import { errorsPage } from '../tools/errors-page.mjs';

const page = readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8');

describe('docs/errors.md', () => {
  it('is what the list of codes says (run `npm run docs` to write it anew)', () => {
    expect(page).toBe(errorsPage(errorFamilies));
  });

  it('has exactly one anchor for each code', () => {
    const anchors = [...page.matchAll(/^### (.+)$/gm)].map(([, heading]) => heading);
    expect(anchors.toSorted()).toEqual(Object.keys(errorCodes).toSorted());
  });

  it('says for each code what it means, what causes it and what to do, in whole sentences', () => {
    const incomplete = Object.entries(errorCodes).filter(([, entry]) => ![entry.meaning, entry.cause, entry.remedy].every((text) => /^[A-Z`].*[.)]$/.test(text)));
    expect(incomplete).toEqual([]);
  });
});
