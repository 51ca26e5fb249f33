/**
 * What every command gets: where it runs, where its words go, and which configuration was named.
 * @module
 */
import type { Output } from './output/output.js';
import type { Surroundings } from './surroundings.js';

export interface CommandContext {
  readonly surroundings: Surroundings;
  readonly output: Output;
  /** What `--config` names. */
  readonly config: string | undefined;
}
