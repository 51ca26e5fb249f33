/**
 * One promotion's journal, open in this process: reads what is there, folds it, and is the only door to append to it.
 *
 * Appends are serialised within the process, and compared with the store's length, so that two processes never write
 * the same place. What others wrote meanwhile is folded before an append is tried again.
 * @module
 */
import { failure, type DavitError, type StoreError } from '../errors/index.js';
import { apply, type MachineEvent, type PromotionState } from '../machine/index.js';
import type { JsonObject } from '../json.js';
import type { Redact } from '../policy/redact.js';
import type { PromotionStore, StoredRecord } from '../ports/index.js';
import { err, ok, ResultAsync, type Result } from '../result.js';
import type { Created } from './created.js';
import { asJson, decodeRecord, encodeRecord, type JournalRecord, type RecordBody } from './record.js';
import type { RecordType } from './record-type.js';
import { replayFirst, replayNext, type Replay } from './replay.js';

/** Called for each record in order, with the state before and after it. */
export type RecordListener = (record: JournalRecord, before: PromotionState | null, after: PromotionState) => void;

export interface JournalOptions {
  readonly store: PromotionStore;
  readonly id: string;
  /** Asked at every append: what is taken out of the record. */
  readonly redact: () => Redact;
  readonly now: () => number;
  readonly onRecord?: RecordListener;
}

/** Why an append was not made: the store, or the state has moved on and the event no longer fits. */
export type AppendError = DavitError | { readonly code: 'outdated' };

/** A record about to be written; an event with the state that it leads to. */
interface Made {
  readonly type: RecordType;
  readonly data: JsonObject;
  readonly state?: PromotionState;
}

export class PromotionJournal {
  readonly id: string;
  readonly #options: JournalOptions;
  #records: JournalRecord[] = [];
  #replay: Replay;
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(options: JournalOptions, records: JournalRecord[], replay: Replay) {
    this.id = options.id;
    this.#options = options;
    this.#records = records;
    this.#replay = replay;
  }

  /** Reads and checks the whole journal. Error `promotion_unknown` (as a use error) is the caller's to make of an empty one. */
  static open(options: JournalOptions): ResultAsync<PromotionJournal | null, StoreError> {
    return options.store.read({ kind: 'promotion', id: options.id }, 1).andThen((stored) => {
      const [first, ...rest] = stored;
      if (first === undefined) return ok(null);
      return decodeRecord(first, { kind: 'promotion', id: options.id }, '').andThen((record) =>
        replayFirst(record).andThen((replay) => {
          const journal = new PromotionJournal(options, [record], replay);
          options.onRecord?.(record, null, replay.state);
          return journal.#fold(rest).map(() => journal);
        }),
      );
    });
  }

  get created(): Created {
    return this.#replay.created;
  }

  get state(): PromotionState {
    return this.#replay.state;
  }

  get records(): readonly JournalRecord[] {
    return this.#records;
  }

  /** The newest fencing token that somebody drives under. */
  get fence(): number {
    return this.#replay.fence;
  }

  /** Folds what others wrote since. */
  refresh(): ResultAsync<void, StoreError> {
    return this.#exclusively(() => this.#catchUp());
  }

  /**
   * Appends an event. `stillFits` is asked again whenever somebody else wrote first: false gives up with `outdated`.
   */
  event(event: MachineEvent, actor: string, stillFits: () => boolean): ResultAsync<JournalRecord, AppendError> {
    return this.#append(actor, stillFits, () => {
      // What is stored is what was applied: secrets are taken out once, before both.
      const clean = this.#options.redact()(asJson(event));
      const { type: _type, ...data } = clean;
      return apply(this.state, clean as unknown as MachineEvent).map((state) => ({ type: event.type, data, state }));
    });
  }

  /** Appends a note: kept and chained, never folded. */
  note(type: Extract<RecordType, `note.${string}`>, data: object, actor: string, stillFits: () => boolean = () => true): ResultAsync<JournalRecord, AppendError> {
    return this.#append(actor, stillFits, () => ok({ type, data: this.#options.redact()(asJson(data)) }));
  }

  #append(actor: string, stillFits: () => boolean, make: () => Result<Made, AppendError>): ResultAsync<JournalRecord, AppendError> {
    return this.#exclusively<JournalRecord, AppendError>(async () => {
      for (;;) {
        if (!stillFits()) return err({ code: 'outdated' as const });
        const made = make();
        if (made.isErr()) return err(made.error);
        const { type, data, state } = made.value;
        const last = this.#records.at(-1) as JournalRecord;
        const body: RecordBody = { seq: last.seq + 1, at: this.#options.now(), promotion: this.id, actor, type, boxes: state?.trail ?? [], data, prev: last.hash };
        const encoded = encodeRecord(body);
        if (encoded.isErr()) return err(encoded.error);
        const appended = await this.#options.store.append({ kind: 'promotion', id: this.id }, body.seq, encoded.value.line);
        if (appended.isOk()) return this.#fold([{ seq: body.seq, line: encoded.value.line }], state).map((records) => records[0] as JournalRecord);
        if (appended.error.code !== 'journal_conflict') return err(appended.error);
        const caughtUp = await this.#catchUp();
        if (caughtUp.isErr()) return err(caughtUp.error);
      }
    });
  }

  async #catchUp(): Promise<Result<void, StoreError>> {
    const from = this.#records.length + 1;
    const stored = await this.#options.store.read({ kind: 'promotion', id: this.id }, from);
    return stored.andThen((records) => this.#fold(records).map(() => undefined));
  }

  /** `known` is the state after the one record that is folded, where it was found out already. */
  #fold(stored: readonly StoredRecord[], known?: PromotionState): Result<readonly JournalRecord[], StoreError> {
    const added: JournalRecord[] = [];
    for (const item of stored) {
      const last = this.#records.at(-1) as JournalRecord;
      if (item.seq !== last.seq + 1) return err(failure('journal_tampered', `promotion ${this.id}: record ${String(last.seq + 1)} is missing`, { promotion: this.id, actual: item.seq }));
      const before = this.#replay.state;
      const decoded = decodeRecord(item, { kind: 'promotion', id: this.id }, last.hash).andThen((record) =>
        (known === undefined ? replayNext(this.#replay, record) : ok({ ...this.#replay, state: known })).map((replay) => ({ record, replay })),
      );
      if (decoded.isErr()) return err(decoded.error);
      this.#records.push(decoded.value.record);
      this.#replay = decoded.value.replay;
      added.push(decoded.value.record);
      this.#options.onRecord?.(decoded.value.record, before, decoded.value.replay.state);
    }
    return ok(added);
  }

  #exclusively<T, E>(work: () => Promise<Result<T, E>>): ResultAsync<T, E> {
    const run = this.#queue.then(work);
    this.#queue = run.catch(() => undefined);
    return new ResultAsync(run);
  }
}
