/** A fault that does not happen is not passed by. */
import { registryCases, registryTests, type InjectedFault, type RegistrySubject } from '@davit/conformance';
import { memoryRegistry } from '@davit/core/testing';
import { describe, expect, it } from 'vitest';

const place = { registry: 'registry.example.com', repository: 'staging/app' };
const subject = (inject?: RegistrySubject['inject']): RegistrySubject => ({ target: memoryRegistry(), repository: place, otherRepository: { ...place, repository: 'prod/app' }, ...(inject === undefined ? {} : { inject }), dispose: () => Promise.resolve() });
const faultCases = registryCases.filter(({ id }) => id.startsWith('registry.fault.'));

describe.each(faultCases)('$id', { timeout: 20_000 }, ({ run }) => {
  it('fails where the subject has no inject', async () => {
    await expect(run(subject())).rejects.toThrow('the subject has no `inject`');
  });

  it('fails where inject does not tell what became of the fault', async () => {
    await expect(run(subject(() => undefined as unknown as InjectedFault))).rejects.toThrow('inject() must return { hits }');
  });

  it('fails where the fault met no request', async () => {
    await expect(run(subject(() => ({ hits: 0 })))).rejects.toThrow(/met no request|has not met|took longer/);
  });
});

it('does not apply where the subjects are not said to have the hook', async () => {
  const tests = registryTests({ create: () => expect.fail('no subject is wanted') }).filter(({ title }) => /^registry\.(?:fault|damage)\./.test(title));
  expect(tests.length).toBeGreaterThan(20);
  for (const { title, run } of tests) {
    expect(title).toMatch(/ — not applicable: .+/);
    await run();
  }
});
