/**
 * R77: what a person types on each host where a rollback could not bring the release before up again.
 * @module
 */
import type { JsonObject } from '../json.js';

/** By host, line by line. */
export type ManualCommands = Readonly<Record<string, readonly string[]>>;

/** As it was written down when the rollback began; empty where the deployer does not say. */
export function manualCommandsOf(facts: Readonly<Record<string, JsonObject | undefined>>): ManualCommands {
  return (facts['rollback.trigger']?.['manual'] ?? {}) as unknown as ManualCommands;
}
