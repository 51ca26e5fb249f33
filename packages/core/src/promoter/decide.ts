/**
 * The verbs that only write down what a person wants: approve, reject, cancel. Whoever drives acts on it (R12–R14, G14).
 * @module
 */
import { failure, type DavitError } from '../errors/index.js';
import { createdOf } from '../journal/created.js';
import { textOf } from '../json.js';
import { PromotionJournal } from '../journal/promotion-journal.js';
import type { Clock, PromotionStore } from '../ports/index.js';
import { err, ok, ResultAsync, type Result } from '../result.js';
import { readRecords } from '../runner/past.js';
import { redactFor } from '../runner/secrets.js';
import type { Environment } from '../steps/index.js';
import { reportOf, type PromotionReport } from './report.js';
import type { DecideRequest, Requester } from './requests.js';

interface Means {
  readonly store: PromotionStore;
  readonly clock: Clock;
  readonly environmentOf: (name: string) => Result<Environment, DavitError>;
}

interface Opened {
  readonly journal: PromotionJournal;
  readonly environment: Environment;
}

export function decide(means: Means, id: string, decision: 'approve' | 'reject', request: DecideRequest): ResultAsync<PromotionReport, DavitError> {
  return open(means, id).andThen((opened) => new ResultAsync(record(means, opened, decision, request)));
}

async function record({ clock }: Means, { journal, environment }: Opened, decision: 'approve' | 'reject', request: DecideRequest): Promise<Result<PromotionReport, DavitError>> {
  const { id, state, created } = journal;
  if (state.outcome !== null) return err(failure('promotion_over', `promotion ${id} has ended (${state.outcome}); there is nothing to ${decision}`, { promotion: id }));
  if (state.wait?.for !== 'approval') return err(failure('decision_not_awaited', `promotion ${id} does not wait for an approval${state.step === null ? '' : `; it is at ${state.step}`}`, { promotion: id }));
  const at = clock.now();
  if (state.wait.deadline !== null && at >= state.wait.deadline) {
    return err(failure('decision_not_awaited', `the time to decide on promotion ${id} was over at ${new Date(state.wait.deadline).toISOString()}; resume it to end it`, { promotion: id }));
  }
  const planHash = textOf(state.context.facts['approval.require']?.['planHash']);
  if (request.planHash !== undefined && request.planHash !== planHash) {
    return err(failure('plan_changed', `promotion ${id} has another plan now (${planHash}) than the one that was looked at (${request.planHash})`, { promotion: id, expected: request.planHash, actual: planHash }));
  }
  const by = request.actor ?? 'unknown';
  const given = { by, knownBy: request.knownBy ?? 'api', decision, planHash, at, ...(request.comment === undefined ? {} : { comment: request.comment.slice(0, 1000) }) };
  const accepted = environment.approval.accepts?.({ promotion: id, environment: created.environment, actor: created.actor, planHash, now: at }, given);
  if (accepted?.isErr() === true) return err(accepted.error);
  const written = await journal.event({ type: 'approval.given', ...given }, by, () => journal.state.wait?.for === 'approval');
  if (written.isErr()) return err(written.error.code === 'outdated' ? failure('decision_not_awaited', `promotion ${id} was decided by somebody else meanwhile`, { promotion: id }) : written.error);
  return reported(journal);
}

export function cancel(means: Means, id: string, request: Requester): ResultAsync<PromotionReport, DavitError> {
  const ask = async ({ journal }: Opened): Promise<Result<PromotionReport, DavitError>> => {
    const { state } = journal;
    if (state.over || state.outcome !== null) return err(failure('promotion_over', `promotion ${id} has ended (${state.outcome ?? ''}); there is nothing to cancel`, { promotion: id }));
    if (!state.cancellable) return err(failure('promotion_over', `promotion ${id} is rolling back, which cannot be cancelled`, { promotion: id }));
    const by = request.actor ?? 'unknown';
    const written = await journal.event({ type: 'cancel.requested', by, knownBy: request.knownBy ?? 'api', reason: 'user' }, by, () => journal.state.cancellable);
    if (written.isErr()) return err(written.error.code === 'outdated' ? failure('promotion_over', `promotion ${id} can no longer be cancelled`, { promotion: id }) : written.error);
    return reported(journal);
  };
  return open(means, id).andThen((opened) => new ResultAsync(ask(opened)));
}

function open({ store, clock, environmentOf }: Means, id: string): ResultAsync<Opened, DavitError> {
  const unknown = (): DavitError => failure('promotion_unknown', `there is no promotion ${id} in this store`, { promotion: id });
  const read = async (): Promise<Result<Opened, DavitError>> => {
    // The first record names the environment; its adapters know what must be redacted from the next one.
    const records = await readRecords(store, id);
    if (records.isErr()) return err(records.error);
    const [first] = records.value;
    if (first === undefined) return err(unknown());
    const environment = environmentOf(createdOf(first).environment);
    if (environment.isErr()) return err(environment.error);
    const journal = await PromotionJournal.open({ store, id, now: () => clock.now(), redact: redactFor(environment.value) });
    if (journal.isErr()) return err(journal.error);
    return journal.value === null ? err(unknown()) : ok({ journal: journal.value, environment: environment.value });
  };
  return new ResultAsync(read());
}

const reported = (journal: PromotionJournal): Result<PromotionReport, DavitError> => ok(reportOf(journal.id, journal.created, journal.state, journal.records));
