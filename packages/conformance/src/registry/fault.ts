/**
 * How the cases make a registry fail, and see that it did.
 * @module
 */
import assert from 'node:assert/strict';
import type { InjectedFault, RegistryFault, RegistrySubject } from './subject.js';

export interface PlantedFault {
  /** How many requests it has met by now. */
  readonly hits: () => number;
  /** Fails where it met none: a case that passes without its fault has shown nothing. */
  readonly happened: () => void;
}

/** Makes the next request of that kind go wrong, or the next `times`. */
export function plant({ inject }: RegistrySubject, fault: RegistryFault): PlantedFault {
  const kind = `${fault.method} ${String(fault.path)}`;
  if (inject === undefined) assert.fail('the options say `faults: true`, and the subject has no `inject`');
  const planted = inject(fault) as InjectedFault | undefined;
  const hits = (): number => {
    const count: unknown = planted?.hits;
    if (typeof count !== 'number') assert.fail(`inject() must return { hits }, the number of requests that a fault has met, and returned ${JSON.stringify(planted) ?? 'nothing'}`);
    return count;
  };
  // Said before the case goes on, whatever comes of it.
  hits();
  return {
    hits,
    happened: () => assert.ok(hits() > 0, `the fault on ${kind} met no request, so that nothing was tested: inject() does not reach the adapter's requests, or they are of another kind, and inject() has to put the fault on those`),
  };
}

/** Waits until a fault has met a request. */
export async function untilMet({ hits, happened }: PlantedFault, ms = 10_000): Promise<void> {
  for (const end = Date.now() + ms; hits() === 0 && Date.now() < end; ) await new Promise((resolve) => setTimeout(resolve, 10));
  happened();
}
