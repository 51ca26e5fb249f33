/**
 * Folds a journal through the machine: the one way to know where a promotion stands.
 * @module
 */
import { failure, type DavitError, type StoreError } from '../errors/index.js';
import { apply, begin, currentFlow, type MachineEvent, type MachineInput, type PromotionState } from '../machine/index.js';
import { err, ok, type Result } from '../result.js';
import { createdOf, type Created } from './created.js';
import { isMachineRecord } from './record-type.js';
import type { JournalRecord } from './record.js';

/** A promotion as its journal tells it. */
export interface Replay {
  readonly created: Created;
  readonly state: PromotionState;
  /** The newest fencing token under which somebody drives. */
  readonly fence: number;
}

export function replayFirst(record: JournalRecord): Result<Replay, StoreError> {
  if (record.type !== 'promotion.created') return err(failure('journal_tampered', `promotion ${record.promotion} does not begin with its creation`, { promotion: record.promotion }));
  const created = createdOf(record);
  if (created.flow > currentFlow) {
    return err(failure('journal_newer', `promotion ${record.promotion} was begun by a newer version of Davit (flow ${String(created.flow)}, this one knows ${String(currentFlow)})`, { promotion: record.promotion, expected: currentFlow, actual: created.flow }));
  }
  return ok({ created, state: begin(machineInputOf(created)), fence: 0 });
}

/** One record further. The boxes that it walked then must be the boxes that it walks now. */
export function replayNext(replay: Replay, record: JournalRecord): Result<Replay, StoreError> {
  if (record.type === 'note.driver') return ok({ ...replay, fence: Math.max(replay.fence, Number(record.data['fence'])) });
  if (!isMachineRecord(record.type)) return ok(replay);
  return apply(replay.state, eventOf(record)).mapErr((error): DavitError<'journal_diverged'> => ({ ...error, message: `promotion ${record.promotion}, record ${String(record.seq)}: ${error.message}`, promotion: record.promotion })).andThen((state) => {
    if (state.trail.join() !== record.boxes.join()) {
      return err(failure('journal_diverged', `promotion ${record.promotion}, record ${String(record.seq)}: it walked ${record.boxes.join(', ') || 'no box'}, but this version walks ${state.trail.join(', ') || 'none'}`, { promotion: record.promotion }));
    }
    return ok({ ...replay, state });
  });
}

export function replayAll(records: readonly JournalRecord[]): Result<Replay, StoreError> {
  const [first, ...rest] = records;
  if (first === undefined) return err(failure('journal_tampered', 'the journal is empty'));
  return rest.reduce<Result<Replay, StoreError>>((replay, record) => replay.andThen((so) => replayNext(so, record)), replayFirst(first));
}

export function machineInputOf({ flow, kind, release, batches, policy }: Created): MachineInput {
  return { flow, kind, release, batches, policy };
}

export function eventOf(record: JournalRecord): MachineEvent {
  return { ...record.data, type: record.type } as unknown as MachineEvent;
}
