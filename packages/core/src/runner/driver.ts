/**
 * Drives one promotion: observe, record, perform, record, until it waits or ends. One process at a time; whoever loses
 * the lease stops at its next append, and hosts refuse what it still tries.
 * @module
 */
import { failure, type DavitError } from '../errors/index.js';
import { Bell } from '../journal/bell.js';
import { createdOf, type Created } from '../journal/created.js';
import { PromotionJournal, type AppendError } from '../journal/promotion-journal.js';
import type { JournalRecord } from '../journal/record.js';
import { nextRun, type InterruptReason, type MachineEvent, type PromotionState, type Run } from '../machine/index.js';
import type { Clock, DriverLease, Progress, PromotionStore } from '../ports/index.js';
import { err, ok, ResultAsync, type Result } from '../result.js';
import { steps as allSteps, type Environment, type StepContext, type StepReport, type StepTable } from '../steps/index.js';
import { Deliveries } from './deliveries.js';
import { followJournal } from './follow-journal.js';
import { guardPorts } from './guarded-ports.js';
import { HostLocks } from './host-locks.js';
import { LeaseKeeper } from './lease-keeper.js';
import { observeStep, performStep } from './perform.js';
import { redactFor } from './secrets.js';
import { stepContext } from './step-context.js';
import { eventOf, isStoreFault, sameRun } from './step-event.js';

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
  readonly onProgress?: (step: string, progress: Progress) => void;
  readonly steps?: StepTable;
}

/** Where a drive ended. */
export interface DriveEnd {
  readonly reason: 'over' | 'waiting' | 'interrupted';
  readonly journal: PromotionJournal;
}

export const defaultLeaseMs = 60_000;
/** A step whose process died this often is not tried again. */
const mostCrashes = 3;
/** Waits at which a process may end; at the others it stays. */
export const mayEndAt: ReadonlySet<string> = new Set(['queue', 'approval', 'window', 'hold']);

export function drive(options: DriveOptions): ResultAsync<DriveEnd, DavitError> {
  const leaseMs = options.leaseMs ?? defaultLeaseMs;
  const { store, id, owner, clock } = options;
  return store.acquireLease(id, owner, leaseMs, clock.now()).andThen((lease) => new ResultAsync(new Driver(options, lease, leaseMs).run()));
}

class Driver {
  readonly #options: DriveOptions;
  readonly #steps: StepTable;
  readonly #environment: Environment;
  readonly #deliveries: Deliveries;
  readonly #locks: HostLocks;
  readonly #lease: LeaseKeeper;
  /** Rung at every record, whoever wrote it, and when the driver must stop. */
  readonly #bell = new Bell();
  #journal!: PromotionJournal;
  /** Whether this process was asked to stop. */
  #interrupted = false;
  /** Stops the step that is looked at or runs. */
  #stop: AbortController | null = null;

  constructor(options: DriveOptions, lease: DriverLease, leaseMs: number) {
    const { store, clock, id, environment, owner } = options;
    this.#options = options;
    this.#steps = options.steps ?? allSteps;
    this.#lease = new LeaseKeeper(lease, { store, clock, leaseMs, onLost: () => { this.#halt('lease_lost'); } });
    this.#environment = guardPorts(environment, (signal) => this.#mayAct(signal));
    this.#deliveries = new Deliveries(environment.notifiers, owner);
    this.#locks = new HostLocks(this.#environment.deployer, { promotion: id, environment: environment.name, fence: lease.fence });
  }

  async run(): Promise<Result<DriveEnd, DavitError>> {
    const { signal, store, clock } = this.#options;
    const interrupt = (): void => {
      this.#interrupted = true;
      this.#halt('shutdown');
      void this.#deliveries.stop();
    };
    if (signal?.aborted === true) interrupt();
    signal?.addEventListener('abort', interrupt, { once: true });
    const over = new AbortController();
    let background: Promise<unknown> = Promise.resolve();
    try {
      const opened = await this.#open();
      if (opened.isErr()) return err(opened.error);
      background = Promise.all([this.#lease.keep(over.signal, async () => void (await this.#journal.refresh())), followJournal(store, this.#journal, clock, over.signal)]);
      // A fault in there is thrown where it is waited for, below.
      background.catch(() => undefined);
      const end = await this.#loop();
      if (end.isOk() && end.value.reason !== 'interrupted') await this.#deliveries.end();
      return end;
    } finally {
      signal?.removeEventListener('abort', interrupt);
      await this.#deliveries.stop();
      await this.#locks.release();
      over.abort();
      await background.finally(() => this.#lease.release());
    }
  }

  async #open(): Promise<Result<void, DavitError>> {
    const { store, id, environment, clock, owner } = this.#options;
    let created: Created | undefined;
    const journal = await PromotionJournal.open({
      store,
      id,
      redact: redactFor(environment),
      now: () => clock.now(),
      onRecord: (record, before, after) => {
        // The first record is the creation.
        created ??= createdOf(record);
        this.#deliveries.see(record, before, after, created);
        this.#seen(record, after);
      },
    });
    if (journal.isErr()) return err(journal.error);
    if (journal.value === null) return err(failure('promotion_unknown', `there is no promotion ${id} in this store`, { promotion: id }));
    this.#journal = journal.value;
    this.#deliveries.attach(journal.value);
    if (this.#journal.state.over) return ok(undefined);
    // Whoever drove before meets this record at its next append, and stops.
    const noted = await this.#journal.note('note.driver', { owner, fence: this.#lease.fence }, owner, () => this.#drives());
    if (noted.isErr()) return err(this.#driveError(noted.error));
    const { running } = this.#journal.state.context;
    if (running === null) return ok(undefined);
    const told = await this.#record({ type: 'step.interrupted', step: running.step, reason: 'crash' }, () => this.#drives() && sameRun(this.#journal.state.context.running, running));
    return told.isErr() ? err(this.#driveError(told.error)) : ok(undefined);
  }

  async #loop(): Promise<Result<DriveEnd, DavitError>> {
    for (;;) {
      // What rings from here on is not yet in the state that is looked at now.
      this.#bell.reset();
      const { state } = this.#journal;
      if (state.over) return ok({ reason: 'over', journal: this.#journal });
      if (this.#lease.lost !== null) return err(this.#lease.lost);
      if (this.#interrupted) return ok({ reason: 'interrupted', journal: this.#journal });
      const went = state.wait === null ? await this.#turn(state) : await this.#await(state);
      if (went.isErr()) return err(this.#driveError(went.error));
      if (went.value === 'waiting') return ok({ reason: 'waiting', journal: this.#journal });
      this.#deliveries.start();
    }
  }

  /** One step, from looking to the record of what came of it. */
  async #turn(state: PromotionState): Promise<Result<'on', AppendError>> {
    const run = nextRun(state) as Run;
    const stop = new AbortController();
    this.#stop = stop;
    try {
      return await this.#runStep(state, run, stop);
    } finally {
      this.#stop = null;
    }
  }

  async #runStep(state: PromotionState, run: Run, stop: AbortController): Promise<Result<'on', AppendError>> {
    const c = this.#contextFor(state, run, stop.signal);
    const key = `${this.#options.id}/${run.step}/${String(run.turn)}`;
    const observed = await observeStep(this.#steps[run.step], c);
    const before = observed.isOk() ? observed.value.before : undefined;
    const due = (): boolean => this.#drives() && !this.#interrupted && this.#journal.state.step === run.step && this.#journal.state.context.running === null;
    const started = await this.#record({ type: 'step.started', ...run, key, ...(before === undefined ? {} : { before }) }, due);
    // Somebody wrote first: whatever stands there now is looked at anew.
    if (started.isErr()) return started.error.code === 'outdated' ? ok('on') : err(started.error);
    const live = await this.#lease.ensure();
    if (live.isErr()) return err(live.error);
    const report = await this.#report(observed, run, c, stop);
    if (this.#lease.lost !== null) return err(this.#lease.lost);
    const reason = stop.signal.aborted && stop.signal.reason !== 'timeout' ? (stop.signal.reason as InterruptReason) : null;
    const stillOurs = (): boolean => this.#drives() && sameRun(this.#journal.state.context.running, run);
    if (report.result === 'failed' && isStoreFault(report.error)) {
      // The store's trouble is no verdict on the promotion: it is told to the caller, and the step is begun again later.
      void (await this.#record({ type: 'step.interrupted', step: run.step, reason: reason ?? 'shutdown' }, stillOurs));
      return err(report.error);
    }
    const event: MachineEvent = reason !== null && report.result !== 'passed' ? { type: 'step.interrupted', step: run.step, reason } : eventOf(run, report);
    // Only the step's own result may be offered again as it was, whatever others wrote meanwhile.
    const told = await this.#record(event, stillOurs);
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

  async #await(state: PromotionState): Promise<Result<'on' | 'waiting', AppendError>> {
    const { clock, stay } = this.#options;
    const wait = state.wait;
    if (wait === null) return ok('on');
    const now = clock.now();
    const over = wait.deadline !== null && now >= wait.deadline ? 'wait.expired' : wait.wakeAt !== null && now >= wait.wakeAt ? 'wait.due' : null;
    if (over !== null) {
      const told = await this.#record({ type: over, wait: wait.for }, () => this.#drives() && this.#journal.state.wait?.for === wait.for);
      return told.isErr() && told.error.code !== 'outdated' ? err(told.error) : ok('on');
    }
    if (mayEndAt.has(wait.for) && stay !== true) return ok('waiting');
    this.#deliveries.start();
    const until = Math.min(wait.wakeAt ?? Infinity, wait.deadline ?? Infinity);
    const woken = new AbortController();
    await Promise.race([this.#bell.rung(woken.signal), ...(Number.isFinite(until) ? [clock.sleep(until - now, woken.signal)] : [])]);
    woken.abort();
    return ok('on');
  }

  #contextFor(state: PromotionState, run: Run, signal: AbortSignal): StepContext {
    const { store, clock, owner, onProgress } = this.#options;
    const means = { store, clock, owner, onProgress, journal: this.#journal, environment: this.#environment, locks: this.#locks, deliveries: this.#deliveries, drives: () => this.#drives(), mayAct: (of: AbortSignal) => this.#mayAct(of) };
    return stepContext(means, state, run, signal);
  }

  #record(event: MachineEvent, fits: () => boolean): ResultAsync<JournalRecord, AppendError> {
    return this.#journal.event(event, this.#options.owner, fits);
  }

  /** Called for each record as it is folded, our own and others'. */
  #seen(record: JournalRecord, after: PromotionState): void {
    this.#bell.ring();
    // Without a step under way, what is stopped is at most a look at one that is no longer due.
    if (record.type === 'cancel.requested' && (after.cancellable || after.context.running === null)) this.#stop?.abort('cancel');
    if (record.type === 'note.driver') this.#lease.seeFence(Number(record.data['fence']));
  }

  #halt(reason: InterruptReason): void {
    this.#stop?.abort(reason);
    this.#bell.ring();
  }

  readonly #drives = (): boolean => this.#lease.lost === null;

  /** Whether a step may change something now: it was not told to stop, and the lease is ours. */
  async #mayAct(signal: AbortSignal): Promise<Result<void, DavitError<'interrupted'>>> {
    if (!signal.aborted && (await this.#lease.ensure()).isOk() && !signal.aborted) return ok(undefined);
    return err(failure('interrupted', 'this process or step may no longer change anything'));
  }

  /** An append that is outdated although the step was ours: somebody else drives. */
  #driveError(error: AppendError): DavitError {
    return error.code === 'outdated' ? (this.#lease.lost ?? failure('lease_lost', `another process drives promotion ${this.#options.id}; this one has stopped`, { promotion: this.#options.id })) : error;
  }
}
