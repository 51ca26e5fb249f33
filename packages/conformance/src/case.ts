/**
 * A conformance case is data: a stable id, one sentence, and a function. No test runner is known here.
 * @module
 */
export interface ConformanceCase<Subject> {
  /** Stable: `registry.blob.2`. Never reused for another behaviour. */
  readonly id: string;
  /** What holds, as a sentence: `a blob that is there is found with its size`. */
  readonly title: string;
  /** The section that asks for it: a URL, or a requirement number. */
  readonly spec?: string;
  readonly run: (subject: Subject) => Promise<void>;
}

/** A case that an adapter cannot pass. The reason is printed beside the case; a skip without one is a failing test. */
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

/** One test, for whatever runs tests. */
export interface ConformanceTest {
  readonly title: string;
  /** How long it may take. */
  readonly timeoutMs: number;
  readonly run: () => Promise<void>;
}

/** One test for each case. A skip that names no case, or the same one again, or says no reason is a failing test. */
export function testsOf<Subject>(cases: readonly ConformanceCase<Subject>[], { create, dispose, skip = [], timeoutMs = 30_000 }: ConformanceOptions<Subject>): readonly ConformanceTest[] {
  const reasons = new Map(skip.map(({ id, reason }) => [id, reason]));
  const tests = cases.map(({ id, title, spec, run }): ConformanceTest => {
    const reason = reasons.get(id);
    const label = `${id} ${title}${spec === undefined ? '' : ` (${spec})`}`;
    // A passing test with its reason in the title: a stated inability is a result, not a hole.
    if (reason !== undefined) return { title: `${label} — not applicable: ${reason}`, timeoutMs, run: () => Promise.resolve() };
    const whole = async (): Promise<void> => {
      const subject = await create();
      try {
        await run(subject);
      } finally {
        await dispose?.(subject);
      }
    };
    return { title: label, timeoutMs, run: whole };
  });
  const ids = new Set(cases.map(({ id }) => id));
  const mistakes = skip.flatMap(({ id, reason }, at) => {
    if (!ids.has(id)) return [`names only known cases in skip: there is no conformance case ${id}`];
    if (reason.trim() === '') return [`gives a reason for every skip: ${id} has none`];
    return skip.findIndex((other) => other.id === id) === at ? [] : [`names a case once in skip: ${id} stands there again`];
  });
  return [...tests, ...mistakes.map((title) => ({ title, timeoutMs, run: () => Promise.reject(new Error(title)) }))];
}
