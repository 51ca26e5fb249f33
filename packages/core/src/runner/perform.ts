/**
 * Runs one step: with its time limit, and with a net under adapters that throw.
 * @module
 */
import { causeOf, failure, type DavitError } from '../errors/index.js';
import { systemClock, type Clock } from '../ports/index.js';
import { err, ok, type Result } from '../result.js';
import type { Observation, Step, StepContext, StepReport } from '../steps/index.js';

const defaultTimeoutMs = 30 * 60_000;
/** How long a step may take to end after it was told to. */
const graceMs = 10_000;

/** Adapters return their failures; one that throws has a fault, which must not stop a rollback. */
const fault = (step: string, thrown: unknown): DavitError => failure('adapter_fault', `${step}: an adapter threw: ${causeOf(thrown).message}`, { step, cause: thrown });

export async function observeStep(step: Step, c: StepContext): Promise<Result<Observation, DavitError>> {
  if (step.observe === undefined) return ok({});
  try {
    return await step.observe(c);
  } catch (thrown) {
    return err(fault(step.id, thrown));
  }
}

/**
 * Performs a step. `stop` is what the step's own signal hangs on: it is fired by the caller (cancel, shutdown, lost lease)
 * or here when the time is over. A step that does not stop is left behind after ten seconds; its signal stays fired, so
 * that its further calls are refused.
 */
export async function performStep(step: Step, c: StepContext, stop: AbortController, clock: Clock): Promise<StepReport> {
  const stopped = (why: string): StepReport => ({ result: 'failed', error: failure('interrupted', `${step.id} ${why}`, { step: step.id }) });
  if (stop.signal.aborted) return stopped('was told to stop before it began');
  const timeoutMs = step.timeoutMs ?? defaultTimeoutMs;
  const timedOut = (): StepReport => ({ result: 'failed', error: failure('step_timeout', `${step.id} took longer than ${String(Math.round(timeoutMs / 1000))} s and was ended`, { step: step.id }) });
  const over = new AbortController();
  let late = false;
  const limit = clock.sleep(timeoutMs, over.signal).then(() => {
    if (over.signal.aborted) return;
    late = true;
    stop.abort('timeout');
  });
  const work = (async () => step.perform(c))().catch((thrown: unknown): StepReport => ({ result: 'failed', error: fault(step.id, thrown) }));
  const abandoned = new Promise<StepReport>((resolve) => {
    const abandon = (): void => {
      // By the machine's own clock: what hangs does so whatever clock the promotion goes by.
      void systemClock.sleep(graceMs, over.signal).then(() => { resolve(stopped('did not stop in time')); });
    };
    stop.signal.addEventListener('abort', abandon, { once: true });
  });
  const report = await Promise.race([work, abandoned]);
  over.abort();
  await limit;
  return late && report.result === 'failed' ? timedOut() : report;
}
