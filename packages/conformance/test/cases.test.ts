import { deployerCases, registryCases, storeCases } from '@davit/conformance';
import { describe, expect, it } from 'vitest';

describe.each([['registry', registryCases], ['deployer', deployerCases], ['store', storeCases]] as const)('the cases of a %s', (kind, cases) => {
  it('have ids of their own, and a sentence each', () => {
    expect(new Set(cases.map(({ id }) => id)).size).toBe(cases.length);
    for (const { id, title } of cases) {
      expect(id).toMatch(new RegExp(`^${kind}\\.[a-z]+\\.[1-9]\\d*$`));
      expect(title).not.toMatch(/should|\.$/);
    }
  });
});

describe('every case of a registry', () => {
  it('says what asks for it: a section of the specification, or requirements', () => {
    for (const { id, spec } of registryCases) expect(spec, id).toMatch(/^https:\/\/github\.com\/opencontainers\/distribution-spec\/blob\/main\/spec\.md#[a-z-]+$|^[RG]\d+(?:, [RG]\d+)*$/);
  });
});
