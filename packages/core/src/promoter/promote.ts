/**
 * The verbs that begin a promotion: promote and rollback (R1, G18, G19, G23).
 * @module
 */
import { createHash } from 'node:crypto';
import type { DavitError } from '../errors/index.js';
import type { Created } from '../journal/created.js';
import { newPromotionId } from '../journal/promotion-id.js';
import { asJson, encodeRecord } from '../journal/record.js';
import { begin, currentFlow } from '../machine/index.js';
import type { Call, Clock, PromotionStore } from '../ports/index.js';
import type { ResultAsync } from '../result.js';
import { redactFor } from '../runner/secrets.js';
import { readPast } from '../runner/past.js';
import { batchesOf } from './batches.js';
import type { ConfiguredEnvironment } from './configure.js';
import type { PromoteRequest, RollbackRequest } from './requests.js';
import { resolveRelease } from './resolve-release.js';
import { knownReturnTarget } from './rollback-target.js';

export interface Begun {
  readonly id: string;
  readonly joined: boolean;
}

interface Means {
  readonly store: PromotionStore;
  readonly clock: Clock;
  readonly configured: ConfiguredEnvironment;
  readonly call: Call;
}

export function beginPromotion(means: Means, request: PromoteRequest): ResultAsync<Begun, DavitError> {
  const { configured, clock, call } = means;
  return resolveRelease(configured, request, clock.now(), call).andThen(({ images, version }) =>
    batchesOf(configured, call).andThen((batches) => {
      const created: Created = {
        flow: currentFlow,
        kind: 'promotion',
        environment: configured.environment.name,
        actor: request.actor ?? 'unknown',
        knownBy: request.knownBy ?? 'api',
        release: images,
        batches,
        policy: configured.policy,
        deployer: configured.environment.deployer.name,
        ...given({ revision: request.revision, version, key: request.key, run: request.run, reason: request.reason }),
        ...(request.allowQuarantined === true ? { allowQuarantined: true } : {}),
      };
      return create(means, created);
    }),
  );
}

/** A rollback that was asked for: a promotion of its own kind, back to the last verified release (or the one that is named). */
export function beginRollback(means: Means, request: RollbackRequest): ResultAsync<Begun, DavitError> {
  const { configured, store, call } = means;
  const { name } = configured.environment;
  return readPast(store, name).mapErr((error): DavitError => error).andThen((past) => knownReturnTarget(name, past, request.to)).andThen(({ target, taken }) =>
    batchesOf(configured, call).andThen((batches) =>
      create(means, {
        flow: currentFlow,
        kind: 'rollback',
        environment: name,
        actor: request.actor ?? 'unknown',
        knownBy: request.knownBy ?? 'api',
        release: target.release,
        batches,
        policy: configured.policy,
        deployer: configured.environment.deployer.name,
        rollbackOf: taken.id,
        ...given({ reason: request.reason }),
      }),
    ),
  );
}

function create({ store, clock, configured }: Means, created: Created): ResultAsync<Begun, DavitError> {
  const now = clock.now();
  const id = newPromotionId(now);
  const data = redactFor(configured.environment)()(asJson(created));
  const { trail } = begin(created);
  return encodeRecord({ seq: 1, at: now, promotion: id, actor: created.actor, type: 'promotion.created', boxes: trail, data, prev: '' })
    .asyncAndThen(({ line }) => store.create(id, idempotencyKey(created), line))
    .mapErr((error): DavitError => error)
    .map(({ id: made, created: isNew }) => ({ id: made, joined: !isNew }));
}

/** The same trigger for the same images in the same environment is the same promotion. */
function idempotencyKey({ key, environment, kind, release }: Created): string | null {
  if (key === undefined) return null;
  const parts = [environment, kind, key, ...release.map(({ name, digest, services }) => `${name} ${digest} ${services.join(' ')}`)];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

function given<T extends Readonly<Record<string, string | undefined>>>(fields: T): { readonly [K in keyof T]?: string } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as { readonly [K in keyof T]?: string };
}
