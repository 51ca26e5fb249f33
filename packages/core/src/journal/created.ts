/**
 * The first record of a promotion: everything that is fixed when it is created (R1).
 * @module
 */
import type { MachineInput } from '../machine/index.js';
import type { JournalRecord } from './record.js';

export interface Created extends MachineInput {
  readonly environment: string;
  /** Who asked for it, and how the name was known. */
  readonly actor: string;
  readonly knownBy: string;
  /** The tested revision, such as a commit. */
  readonly revision?: string;
  readonly version?: string;
  /** The caller's trigger, such as a CI run: the same one joins this promotion. */
  readonly key?: string;
  /** Where that trigger can be looked at. */
  readonly run?: string;
  /** Why, where a person said so. */
  readonly reason?: string;
  /** Kind rollback: the promotion whose release is taken back. */
  readonly rollbackOf?: string;
  readonly deployer: string;
  /** The caller wants the image although it proved unhealthy here before. */
  readonly allowQuarantined?: boolean;
}

export function createdOf(record: JournalRecord): Created {
  return record.data as unknown as Created;
}
