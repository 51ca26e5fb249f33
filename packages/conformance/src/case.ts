/**
 * A conformance case is data: a stable id, one sentence, and a function. The binding to vitest is this file alone.
 * @module
 */
import { describe, it } from 'vitest';

export interface ConformanceCase<Subject> {
  /** Stable: `registry.blob.2`. Never reused for another behaviour. */
  readonly id: string;
  /** What holds, as a sentence: `a blob that is there is found with its size`. */
  readonly title: string;
  /** The section that asks for it: a URL, or a requirement number. */
  readonly spec?: string;
  readonly run: (subject: Subject) => Promise<void>;
}

/** A case that an adapter cannot pass. The reason is printed beside the case; a skip without one does not compile. */
export interface SkippedCase {
  readonly id: string;
  readonly reason: string;
}

export interface ConformanceOptions<Subject> {
  /** Makes a fresh subject for every case. */
  readonly create: () => Promise<Subject>;
  /** Called after every case, also after a failed one. */
  readonly dispose?: (subject: Subject) => Promise<void>;
  readonly skip?: readonly SkippedCase[];
  /** Milliseconds for one case. Default: 30 000. */
  readonly timeoutMs?: number;
}

/** Registers one test for each case. A skip that names no case is itself a failing test. */
export function describeCases<Subject>(name: string, cases: readonly ConformanceCase<Subject>[], options: ConformanceOptions<Subject>): void {
  describe(name, () => {
    const skipped = new Map((options.skip ?? []).map((skip) => [skip.id, skip.reason]));
    for (const { id, title, spec, run } of cases) {
      const reason = skipped.get(id);
      skipped.delete(id);
      const label = `${id} ${title}${spec === undefined ? '' : ` (${spec})`}`;
      if (reason !== undefined) {
        // Registered as a passing test with its reason in the title: a stated inability is a result, not a hole.
        it(`${label} — not applicable: ${reason}`, () => undefined);
        continue;
      }
      it(label, { timeout: options.timeoutMs ?? 30_000 }, async () => {
        const subject = await options.create();
        try {
          await run(subject);
        } finally {
          await options.dispose?.(subject);
        }
      });
    }
    for (const id of skipped.keys()) {
      it(`names only known cases in skip: ${id}`, () => {
        throw new Error(`there is no conformance case ${id}`);
      });
    }
  });
}
