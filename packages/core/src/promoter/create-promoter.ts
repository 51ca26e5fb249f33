/**
 * The face of Davit: everything else (command line, action, dashboard) is a thin layer over it.
 * @module
 */
import { checkOptions, failure, type DavitError } from '../errors/index.js';
import { readEnvironment } from '../journal/environment-journal.js';
import { systemClock, type Call, type Closable } from '../ports/index.js';
import { err, ok, okAsync, ResultAsync, type Result } from '../result.js';
import { isDamage, readPast, readRecords, type UnreadablePromotion } from '../runner/past.js';
import { isVerified, makePlan, planCopies, type Environment, type HashedPlan, type ReleaseCopies } from '../steps/index.js';
import { createdOf } from '../journal/created.js';
import { cancel, decide } from './decide.js';
import { driven, readReport, reportOfRecords, watched } from './handle.js';
import { batchesOf } from './batches.js';
import { configure, type ConfiguredEnvironment } from './configure.js';
import { promoterRules } from './environment-rules.js';
import type { PromoterOptions } from './options.js';
import { beginPromotion, beginRollback, type Begun } from './promote.js';
import type { Promotion } from './promotion.js';
import type { PromotionReport } from './report.js';
import type { DecideRequest, DriveRequest, PromoteRequest, Requester, RollbackRequest } from './requests.js';
import { resolveRelease } from './resolve-release.js';

/** A plan, with what cannot be agreed to because it changes by itself: what the target's registry has and lacks now. */
export interface PromotionPlan extends HashedPlan {
  readonly copies: ReleaseCopies;
}

/** Promotes images to environments. Made by {@link createPromoter}; used by programs and by the command line alike. */
export interface Promoter {
  /** The names of the configured environments. */
  readonly environments: readonly string[];
  /** What `promote` would do, with the digests resolved, what production runs now, and what each copy would send and tag. Writes nothing. */
  plan(request: PromoteRequest): ResultAsync<PromotionPlan, DavitError>;
  /** Begins a promotion and drives it. Errors only where none could be begun; what becomes of it is its outcome. */
  promote(request: PromoteRequest, drive?: DriveRequest): ResultAsync<Promotion, DavitError>;
  /** Goes on with a promotion that waits, was interrupted, or whose process died. */
  resume(id: string, drive?: DriveRequest): ResultAsync<Promotion, DavitError>;
  /** Begins a rollback to the last verified release and drives it; needs no approval (R67). */
  rollback(request: RollbackRequest, drive?: DriveRequest): ResultAsync<Promotion, DavitError>;
  /** Records an approval. Whoever drives goes on; where nobody does, `resume` it. */
  approve(id: string, request?: DecideRequest): ResultAsync<PromotionReport, DavitError>;
  reject(id: string, request?: DecideRequest): ResultAsync<PromotionReport, DavitError>;
  /** Asks for an end: before hosts are changed nothing stays, after that it rolls back (R14). */
  cancel(id: string, request?: Requester): ResultAsync<PromotionReport, DavitError>;
  /** Follows a promotion without driving it. */
  open(id: string): ResultAsync<Promotion, DavitError>;
  status(id: string): ResultAsync<PromotionReport, DavitError>;
  /** The promotions in the store, newest first. Damaged journals are named, and do not keep the others from being read. */
  history(filter?: { readonly environment?: string; readonly limit?: number }): ResultAsync<PromotionHistory, DavitError>;
  /** Who holds an environment, and what its journals say that it runs. */
  environment(name: string): ResultAsync<EnvironmentReport, DavitError>;
  /** Closes the adapters' connections. */
  close(): Promise<void>;
}

export interface EnvironmentReport {
  readonly name: string;
  /** The promotion that may write to it now. */
  readonly holder: string | null;
  /** The promotion whose release was verified last; null where none was. */
  readonly current: PromotionReport | null;
  /** Promotions whose journal is damaged. One that is newer than `current` may be what runs. */
  readonly unreadable: readonly UnreadablePromotion[];
}

export interface PromotionHistory {
  readonly promotions: readonly PromotionReport[];
  readonly unreadable: readonly UnreadablePromotion[];
}

const never: Call = { signal: new AbortController().signal };
const callOf = (drive: DriveRequest | undefined): Call => (drive?.signal === undefined ? never : { signal: drive.signal });

/**
 * Makes a promoter.
 * @throws ConfigurationError where an option is missing, misspelt or of the wrong kind, where batches are empty or name a host
 *   twice, and where what may be off is off without a reason; `field` says which.
 */
export function createPromoter(options: PromoterOptions): Promoter {
  checkOptions<PromoterOptions>(options, promoterRules);
  const { store, clock = systemClock, leaseMs } = options;
  const configured = new Map(Object.entries(options.environments).map(([name, environment]) => [name, configure(name, environment)]));
  const names = [...configured.keys()];

  const find = (name: string): Result<ConfiguredEnvironment, DavitError> => {
    const found = configured.get(name);
    return found === undefined ? err(failure('environment_unknown', `there is no environment ${JSON.stringify(name)}; there ${names.length === 1 ? 'is' : 'are'} ${names.join(', ')}`, { environment: name, expected: names })) : ok(found);
  };
  const environmentOf = (name: string): Result<Environment, DavitError> => find(name).map(({ environment }) => environment);
  const start = ({ id, joined }: Begun, environment: Environment, drive: DriveRequest = {}): Promotion => driven({ ...drive, store, id, joined, environment, clock, leaseMs });
  const firstRecord = (id: string): ResultAsync<ConfiguredEnvironment, DavitError> =>
    readRecords(store, id)
      .mapErr((error): DavitError => error)
      .andThen(([first]) => (first === undefined ? err(failure('promotion_unknown', `there is no promotion ${id} in this store`, { promotion: id })) : find(createdOf(first).environment)));

  return {
    environments: names,
    plan: (request) =>
      find(request.environment).asyncAndThen((environment) =>
        resolveRelease(environment, request, clock.now(), never).andThen(({ images }) =>
          batchesOf(environment, never)
            .andThen((batches) => makePlan({ environment: environment.environment, kind: 'promotion', release: images, batches, policy: environment.policy, validation: null, call: never }))
            .andThen((hashed) => planCopies(environment.environment, images, never).map((copies) => ({ ...hashed, copies }))),
        ),
      ),
    promote: (request, drive) =>
      find(request.environment).asyncAndThen((environment) => beginPromotion({ store, clock, configured: environment, call: callOf(drive) }, request).map((begun) => start(begun, environment.environment, drive))),
    resume: (id, drive) => firstRecord(id).map(({ environment }) => start({ id, joined: false }, environment, drive)),
    rollback: (request, drive) =>
      find(request.environment).asyncAndThen((environment) => beginRollback({ store, clock, configured: environment, call: callOf(drive) }, request).map((begun) => start(begun, environment.environment, drive))),
    approve: (id, request = {}) => decide({ store, clock, environmentOf }, id, 'approve', request),
    reject: (id, request = {}) => decide({ store, clock, environmentOf }, id, 'reject', request),
    cancel: (id, request = {}) => cancel({ store, clock, environmentOf }, id, request),
    open: (id) => readReport(store, id).map(() => watched(store, id)),
    status: (id) => readReport(store, id),
    history: (filter) => new ResultAsync(history(filter)),
    environment: (name) =>
      find(name).asyncAndThen(() =>
        readEnvironment(store, name).mapErr((error): DavitError => error).andThen(({ holder }) =>
          readPast(store, name)
            .mapErr((error): DavitError => error)
            .andThen((past) => {
              const current = past.promotions.find(isVerified);
              const report: ResultAsync<PromotionReport | null, DavitError> = current === undefined ? okAsync(null) : readReport(store, current.id);
              return report.map((found) => ({ name, holder, current: found, unreadable: past.unreadable }));
            }),
        ),
      ),
    close: async () => {
      const adapters = [...configured.values()].flatMap(({ environment }) => [environment.source, environment.target, environment.deployer, environment.approval, ...environment.endpoints, ...environment.notifiers]);
      await Promise.allSettled([...new Set<unknown>(adapters)].map(async (adapter) => (adapter as Partial<Closable>).close?.()));
    },
  };

  async function history(filter: { readonly environment?: string; readonly limit?: number } = {}): Promise<Result<PromotionHistory, DavitError>> {
    const ids = await store.list();
    if (ids.isErr()) return err(ids.error);
    const promotions: PromotionReport[] = [];
    const unreadable: UnreadablePromotion[] = [];
    for (const id of [...ids.value].reverse()) {
      if (filter.limit !== undefined && promotions.length >= filter.limit) break;
      const read = await readRecords(store, id).andThen((records) => reportOfRecords(id, records));
      if (read.isOk() && read.value !== null && (filter.environment === undefined || read.value.environment === filter.environment)) promotions.push(read.value);
      if (read.isErr() && !isDamage(read.error)) return err(read.error);
      if (read.isErr()) unreadable.push({ id, error: read.error });
    }
    return ok({ promotions, unreadable });
  }
}
