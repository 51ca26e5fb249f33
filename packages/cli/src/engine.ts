/**
 * What a command asks of the JavaScript engine. For a process of our own alone: an engine has one set of flags, which the
 * programs that embed the library may have set otherwise. The figures are in docs/decisions/0006-undici-in-parts.md.
 * @module
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Spares the second, optimised compilation of the HTTP parser, which is WebAssembly: 35 MB and a tenth of a second that a
 * command never gets back. To be called when the code is loaded: the engine refuses code that was compiled before under
 * other flags, that of Node's own modules included, and compiles it again.
 */
export function spareOptimising(): void {
  // Set this late the first does not bring the others along, and Node 24 listens to all three.
  for (const flag of ['--liftoff-only', '--no-wasm-tier-up', '--no-wasm-dynamic-tiering']) setFlagsFromString(flag);
}

/** Collects young garbage; null where the engine does not let us. */
export function youngCollector(): (() => void) | null {
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('globalThis.gc');
  if (typeof gc !== 'function') return null;
  return () => {
    (gc as (options: { readonly type: 'minor' }) => void)({ type: 'minor' });
  };
}
