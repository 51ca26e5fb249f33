/**
 * An adapter whose work takes long: it goes on until it is told to stop, and stops then.
 * @module
 */
import { failure } from '../../src/errors/index.js';
import { err, type Result } from '../../src/result.js';

export async function untilStopped(signal: AbortSignal): Promise<Result<never, unknown>> {
  if (!signal.aborted) {
    await new Promise((resolve) => {
      signal.addEventListener('abort', resolve, { once: true });
    });
  }
  return err(failure('interrupted', 'told to stop'));
}
