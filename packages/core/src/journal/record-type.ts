/**
 * The kinds of records and the fields that each may have. A field that is not listed is refused, so that nothing an
 * adapter reports by mistake (an environment, a header) gets into a journal.
 * @module
 */
import type { JsonObject } from '../json.js';

const fields = {
  'promotion.created': ['flow', 'kind', 'environment', 'actor', 'knownBy', 'revision', 'version', 'key', 'run', 'reason', 'rollbackOf', 'release', 'batches', 'policy', 'deployer', 'allowQuarantined'],
  'step.started': ['step', 'turn', 'attempt', 'key', 'before'],
  'step.passed': ['step', 'facts', 'changed', 'touched'],
  'step.failed': ['step', 'error', 'facts', 'touched', 'retryAt'],
  'step.deferred': ['step', 'wait'],
  'step.interrupted': ['step', 'reason', 'touched'],
  'wait.due': ['wait'],
  'wait.expired': ['wait'],
  'approval.given': ['by', 'knownBy', 'decision', 'planHash', 'at', 'comment'],
  'cancel.requested': ['by', 'knownBy', 'reason'],
  'note.driver': ['owner', 'fence'],
  'note.host': ['host', 'step', 'facts', 'warnings'],
  'note.delivery': ['notice', 'notifier', 'delivered', 'error'],
  'note.warning': ['step', 'message', 'error'],
  'hold.taken': ['holder'],
  'hold.freed': ['holder', 'reason'],
} as const satisfies Record<string, readonly string[]>;

export type RecordType = keyof typeof fields;

export function isRecordType(type: string): type is RecordType {
  return Object.hasOwn(fields, type);
}

/** The first field that a record of this type may not have. */
export function unknownField(type: RecordType, data: JsonObject): string | undefined {
  return Object.keys(data).find((field) => !(fields[type] as readonly string[]).includes(field));
}

/** Records that the machine is fed with; the others are kept beside it. */
export function isMachineRecord(type: RecordType): boolean {
  return !type.startsWith('note.') && !type.startsWith('hold.') && type !== 'promotion.created';
}
