/**
 * What is said only of what takes long.
 * @module
 */

export const quickMs = 1000;

/** Calls back after a second, unless what it returns was called before. */
export function afterASecond(work: () => void): () => void {
  const timer = setTimeout(work, quickMs);
  // What is shown keeps no process alive.
  timer.unref();
  return () => clearTimeout(timer);
}
