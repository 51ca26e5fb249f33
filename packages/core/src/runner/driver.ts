/**
 * Drives one promotion: observe, record, perform, record, until it waits or ends. One process at a time; whoever loses
 * the lease stops at its next append, and hosts refuse what it still tries.
 * @module
 */
import { failure, type DavitError, type StoreError } from '../errors/index.js';
import { freeHold, takeHold } from '../journal/environment-journal.js';
import { PromotionJournal, type AppendError, type RecordListener } from '../journal/promotion-journal.js';
import type { JournalRecord } from '../journal/record.js';
import { nextRun, type InterruptReason, type MachineEvent, type PromotionState, type Run } from '../machine/index.js';
import type { Clock, DriverLease, HostRelease, Progress, PromotionStore, ServiceState } from '../ports/index.js';
import { err, ok, ResultAsync, type Result } from '../result.js';
import { steps as allSteps, type Environment, type StepContext, type StepReport, type StepTable } from '../steps/index.js';
import { Deliveries } from './deliveries.js';
import { HostLocks } from './host-locks.js';
import { isOver, readPast } from './past.js';
import { observeStep, performStep } from './perform.js';
import { redactFor } from './secrets.js';

export interface DriveOptions {
  readonly store: PromotionStore;
  readonly id: string;
  readonly environment: Environment;
  readonly clock: Clock;
  /** This process, as the lease names it. */
  readonly owner: string;
  /** Milliseconds; default: 60 000. Renewed at a third of it. */
  readonly leaseMs?: number;
  /** Stay at a wait for an approval, a window or a hold instead of ending. Default: false. */
  readonly stay?: boolean;
  /** Interrupts: the step is stopped, the lease given back, and the promotion can be resumed. */
  readonly signal?: AbortSignal;
  readonly onRecord?: (record: JournalRecord) => void;
  readonly onProgress?: (step: string, progress: Progress) => void;
  readonly steps?: StepTable;
}

/** Where a drive ended. */
export interface DriveEnd {
  readonly reason: 'over' | 'waiting' | 'interrupted';
  readonly journal: PromotionJournal;
}

const defaultLeaseMs = 60_000;
/** A step whose process died this often is not tried again. */
const mostCrashes = 3;
/** Waits at which a process may end; at the others it stays. */
const mayEndAt: ReadonlySet<string> = new Set(['queue', 'approval', 'window', 'hold']);

export function drive(options: DriveOptions): ResultAsync<DriveEnd, DavitError> {
  const leaseMs = options.leaseMs ?? defaultLeaseMs;
  const { store, id, owner, clock } = options;
  return store.acquireLease(id, owner, leaseMs, clock.now()).andThen((lease) => new ResultAsync(new Driver(options, lease, leaseMs).run()));
}

class Driver {
  readonly #options: DriveOptions;
  readonly #leaseMs: number;
  readonly #steps: StepTable;
  readonly #deliveries: Deliveries;
  readonly #locks: HostLocks;
  readonly #ended = new AbortController();
  #lease: DriverLease;
  #journal!: PromotionJournal;
  /** Why the driver must stop, once it must. */
  #halt: InterruptReason | null = null;
  /** Stops the step that runs. */
  #stop: AbortController | null = null;
  /** Resolved at the next record, whoever wrote it. */
  #bell = bell();

  constructor(options: DriveOptions, lease: DriverLease, leaseMs: number) {
    this.#options = options;
    this.#lease = lease;
    this.#leaseMs = leaseMs;
    this.#steps = options.steps ?? allSteps;
    this.#deliveries = new Deliveries(options.environment.notifiers, options.owner);
    this.#locks = new HostLocks(options.environment.deployer, { promotion: options.id, environment: options.environment.name, fence: lease.fence });
  }

  async run(): Promise<Result<DriveEnd, DavitError>> {
    const interrupt = (): void => {
      this.#haltFor('shutdown');
    };
    try {
      const opened = await this.#open();
      if (opened.isErr()) return err(opened.error);
      if (this.#options.signal?.aborted === true) interrupt();
      else this.#options.signal?.addEventListener('abort', interrupt, { once: true });
      const background = [this.#beat(), this.#listen()];
      const end = await this.#loop();
      this.#deliveries.start();
      await this.#deliveries.settle();
      this.#ended.abort();
      await Promise.all(background);
      return end;
    } finally {
      this.#ended.abort();
      this.#options.signal?.removeEventListener('abort', interrupt);
      await this.#locks.release();
      await this.#options.store.releaseLease(this.#lease);
    }
  }

  async #open(): Promise<Result<void, DavitError>> {
    const { store, id, environment, clock, owner } = this.#options;
    const onRecord: RecordListener = (record, before, after) => {
      const created = before === null ? record.data : this.#created;
      this.#created ??= created;
      this.#deliveries.see(record, before, after, this.#created as never);
      this.#options.onRecord?.(record);
      this.#seen(record, after);
    };
    const journal = await PromotionJournal.open({ store, id, redact: redactFor(environment), now: () => clock.now(), onRecord });
    if (journal.isErr()) return err(journal.error);
    if (journal.value === null) return err(failure('promotion_unknown', `there is no promotion ${id} in this store`, { promotion: id }));
    this.#journal = journal.value;
    this.#deliveries.attach(journal.value);
    if (this.#journal.state.over) return ok(undefined);
    // Whoever drove before meets this record at its next append, and stops.
    const noted = await this.#journal.note('note.driver', { owner, fence: this.#lease.fence }, owner);
    if (noted.isErr()) return err(this.#storeError(noted.error));
    const { running } = this.#journal.state.context;
    if (running === null) return ok(undefined);
    const told = await this.#record({ type: 'step.interrupted', step: running.step, reason: 'crash' }, () => sameRun(this.#journal.state.context.running, running));
    return told.isErr() ? err(this.#storeError(told.error)) : ok(undefined);
  }

  #created: unknown;

  async #loop(): Promise<Result<DriveEnd, DavitError>> {
    for (;;) {
      const { state } = this.#journal;
      if (state.over) return ok({ reason: 'over', journal: this.#journal });
      if (this.#halt === 'lease_lost' || this.#journal.fence > this.#lease.fence) return err(this.#leaseLost());
      if (this.#halt !== null) return ok({ reason: 'interrupted', journal: this.#journal });
      const went = state.wait === null ? await this.#turn(state) : await this.#await(state);
      if (went.isErr()) return went.error.code === 'outdated' ? err(this.#leaseLost()) : err(went.error);
      if (went.value === 'waiting') return ok({ reason: 'waiting', journal: this.#journal });
      this.#deliveries.start();
    }
  }

  /** One step, from looking to the record of what came of it. */
  async #turn(state: PromotionState): Promise<Result<'on', AppendError>> {
    const run = nextRun(state) as Run;
    const step = this.#steps[run.step];
    const stop = new AbortController();
    this.#stop = stop;
    if (this.#halt !== null) stop.abort(this.#halt);
    const c = this.#contextFor(state, run, stop.signal);
    const key = `${this.#options.id}/${run.step}/${String(run.turn)}`;
    const observed = await observeStep(step, c);
    const before = observed.isOk() ? observed.value.before : undefined;
    const due = (): boolean => this.#fenced() && this.#journal.state.step === run.step && this.#journal.state.context.running === null && this.#halt === null;
    const started = await this.#record({ type: 'step.started', ...run, key, ...(before === undefined ? {} : { before }) }, due);
    if (started.isErr()) return started.error.code === 'outdated' ? this.#again() : err(started.error);
    const live = await this.#ensureLease();
    if (live.isErr()) return err(live.error);
    const report = await this.#report(observed, run, c, stop);
    this.#stop = null;
    const reason = stop.signal.aborted && stop.signal.reason !== 'timeout' ? (stop.signal.reason as InterruptReason) : null;
    if (reason === 'lease_lost') return err(this.#leaseLost());
    const event: MachineEvent =
      reason !== null && report.result !== 'passed'
        ? { type: 'step.interrupted', step: run.step, reason }
        : eventOf(run, report);
    // Only the step's own result may be offered again as it was, whatever others wrote meanwhile.
    const told = await this.#record(event, () => this.#fenced() && sameRun(this.#journal.state.context.running, run));
    return told.isErr() ? err(told.error) : ok('on');
  }

  async #report(observed: Awaited<ReturnType<typeof observeStep>>, run: Run, c: StepContext, stop: AbortController): Promise<StepReport> {
    const { context } = this.#journal.state;
    if ((context.unsettled?.crashes ?? 0) >= mostCrashes) {
      return { result: 'failed', error: failure('crashed_repeatedly', `${run.step} was started ${String(mostCrashes)} times and its process died each time`, { step: run.step }) };
    }
    if (observed.isErr()) return { result: 'failed', error: observed.error };
    if (observed.value.done !== undefined) return observed.value.done;
    return performStep(this.#steps[run.step], { ...c, context }, stop, this.#options.clock);
  }

  /** Somebody wrote first: a lost lease ends the drive, anything else is looked at again. */
  #again(): Result<'on', AppendError> {
    return this.#fenced() ? ok('on') : err(this.#leaseLost());
  }

  async #await(state: PromotionState): Promise<Result<'on' | 'waiting', AppendError>> {
    const { clock, stay } = this.#options;
    const wait = state.wait;
    if (wait === null) return ok('on');
    const still = (): boolean => this.#fenced() && this.#journal.state.wait?.for === wait.for;
    const now = clock.now();
    const over = wait.deadline !== null && now >= wait.deadline ? 'wait.expired' : wait.wakeAt !== null && now >= wait.wakeAt ? 'wait.due' : null;
    if (over !== null) {
      const told = await this.#record({ type: over, wait: wait.for }, still);
      if (told.isErr()) return told.error.code === 'outdated' ? this.#again() : err(told.error);
      return ok('on');
    }
    if (mayEndAt.has(wait.for) && stay !== true) return ok('waiting');
    this.#deliveries.start();
    const until = Math.min(wait.wakeAt ?? Infinity, wait.deadline ?? Infinity);
    const woken = new AbortController();
    const record = this.#bell.promise;
    await Promise.race([Number.isFinite(until) ? clock.sleep(until - now, woken.signal) : new Promise(() => undefined), record]);
    woken.abort();
    return ok('on');
  }

  #contextFor(state: PromotionState, run: Run, signal: AbortSignal): StepContext {
    const { store, id, environment, clock, owner, onProgress } = this.#options;
    const { created } = this.#journal;
    const progress = (now: Progress): void => onProgress?.(run.step, now);
    const hold = { store, environment: created.environment, promotion: id, actor: owner };
    const trigger = (): Readonly<Record<string, unknown>> => (this.#journal.state.context.facts['deployment.trigger'] ?? {}) as Readonly<Record<string, unknown>>;
    return {
      id,
      created,
      context: state.context,
      release: created.release,
      run,
      environment,
      clock,
      call: { signal, progress },
      hostCall: (host) => this.#locks.call(host, signal, progress),
      note: async (type, data) => void (await this.#journal.note(type, data, owner)),
      hold: {
        take: () => takeHold({ ...hold, now: clock.now(), isOver: (other) => isOver(store, other) }),
        free: () => freeHold({ ...hold, now: clock.now() }),
      },
      previousOn: (host) => (trigger()['previous'] as Record<string, { release: HostRelease | null }> | undefined)?.[host]?.release ?? null,
      runningOn: (host) => runningRelease((trigger()['runs'] as Record<string, { services: readonly ServiceState[] }> | undefined)?.[host]?.services),
      past: () => readPast(store, created.environment),
      deliver: () => this.#deliveries.flush(),
      releaseLocks: () => this.#locks.release(),
    };
  }

  #record(event: MachineEvent, fits: () => boolean): ResultAsync<JournalRecord, AppendError> {
    return this.#journal.event(event, this.#options.owner, fits);
  }

  /** Called for each record as it is folded, our own and others'. */
  #seen(record: JournalRecord, after: PromotionState): void {
    this.#bell.resolve();
    this.#bell = bell();
    if (record.type === 'cancel.requested' && after.cancellable) this.#stop?.abort('cancel');
    if (record.type === 'note.driver' && Number(record.data['fence']) > this.#lease.fence) this.#haltFor('lease_lost');
  }

  #haltFor(reason: InterruptReason): void {
    this.#halt ??= reason;
    this.#stop?.abort(reason);
    this.#bell.resolve();
  }

  readonly #fenced = (): boolean => this.#journal.fence <= this.#lease.fence && this.#halt !== 'lease_lost';

  /** A process that was stopped and continued finds its lease expired here, before it has any effect. */
  async #ensureLease(): Promise<Result<void, DavitError>> {
    if (this.#options.clock.now() < this.#lease.expiresAt) return ok(undefined);
    return this.#renew();
  }

  async #renew(): Promise<Result<void, DavitError>> {
    const renewed = await this.#options.store.renewLease(this.#lease, this.#leaseMs, this.#options.clock.now());
    if (renewed.isOk()) {
      this.#lease = renewed.value;
      return ok(undefined);
    }
    if (renewed.error.code === 'lease_lost') {
      this.#haltFor('lease_lost');
      return err(this.#leaseLost());
    }
    // A store that is full or away for a moment is no reason to drop a rollback; the lease itself says when it is over.
    return this.#options.clock.now() < this.#lease.expiresAt ? ok(undefined) : err(renewed.error);
  }

  async #beat(): Promise<void> {
    while (!this.#ended.signal.aborted) {
      await this.#options.clock.sleep(this.#leaseMs / 3, this.#ended.signal);
      if (this.#ended.signal.aborted) return;
      await this.#renew();
      await this.#journal.refresh();
    }
  }

  /** Folds what others append as they do it, so that a cancel or an approval is met at once. */
  async #listen(): Promise<void> {
    const { store, id } = this.#options;
    for await (const record of store.follow({ kind: 'promotion', id }, this.#journal.records.length + 1, this.#ended.signal)) {
      if (record.isErr()) return;
      if (record.value.seq > this.#journal.records.length) await this.#journal.refresh();
    }
  }

  #leaseLost(): StoreError {
    return failure('lease_lost', `another process took promotion ${this.#options.id} over; this one has stopped`, { promotion: this.#options.id });
  }

  #storeError(error: AppendError): DavitError {
    return error.code === 'outdated' ? this.#leaseLost() : error;
  }
}

interface Bell {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

function bell(): Bell {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

const sameRun = (one: Run | null, other: Run): boolean => one !== null && one.step === other.step && one.turn === other.turn && one.attempt === other.attempt;

function eventOf({ step }: Run, report: StepReport): MachineEvent {
  if (report.result === 'deferred') return { type: 'step.deferred', step, wait: report.wait };
  const { result: _result, ...rest } = report;
  return report.result === 'passed' ? ({ type: 'step.passed', step, ...rest } as MachineEvent) : ({ type: 'step.failed', step, ...rest } as MachineEvent);
}

function runningRelease(services: readonly ServiceState[] | undefined): HostRelease | null {
  if (services === undefined || services.some(({ image, state }) => image === undefined || state === 'absent')) return null;
  return { services: services.map(({ service, image }) => ({ service, image: image as string })) };
}
