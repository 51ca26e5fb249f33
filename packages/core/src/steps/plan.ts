/**
 * The plan: what a promotion would do, as data, and the hash that an approval is bound to (G14).
 * @module
 */
import { createHash } from 'node:crypto';
import type { DavitError } from '../errors/index.js';
import type { Json, JsonObject } from '../json.js';
import { hostReleaseOf } from './release.js';
import { err, ok, ResultAsync, type Result } from '../result.js';
import { describeChecks } from '../validation/index.js';
import type { ReleaseImage } from '../machine/index.js';
import { tagPolicyOf, type TagPolicy, type TagRules } from '../policy/tag-policy.js';
import type { Call } from '../ports/index.js';
import type { Environment } from './environment.js';
import type { StepContext } from './step.js';

export interface Plan {
  readonly environment: string;
  readonly kind: 'promotion' | 'rollback';
  readonly images: readonly PlannedImage[];
  readonly deployer: string;
  /** Hosts by batch. */
  readonly hosts: readonly (readonly string[])[];
  readonly strategy: { readonly automaticRollback: boolean; readonly stopFirst: boolean };
  readonly checks: JsonObject;
  readonly endpoints: readonly string[];
  /** Digest of the report on the image; null where it was not validated yet. */
  readonly validation: string | null;
  /** What runs now, by host and service; null where nothing does. */
  readonly replaces: Readonly<Record<string, Readonly<Record<string, string | null>>>>;
}

export interface PlannedImage {
  readonly name: string;
  readonly digest: string;
  readonly source: string;
  readonly target: string;
  readonly tags: ReleaseImage['tags'];
  readonly services: readonly string[];
  /** Tags with a policy of their own: what may happen to them where they exist. */
  readonly tagPolicies?: Readonly<Record<string, TagPolicy>>;
}

export interface HashedPlan {
  readonly plan: Plan;
  /** `sha256:…` of the plan in canonical JSON. */
  readonly hash: string;
}

/** The plan of a running promotion, with what production runs at this moment. */
export function planOf(c: StepContext): ResultAsync<HashedPlan, DavitError> {
  const validation = c.context.facts['validation.metadata'] === undefined ? null : reportDigest(c);
  return makePlan({ environment: c.environment, kind: c.created.kind, release: c.release, batches: c.created.batches, policy: c.created.policy, validation, call: c.call });
}

export interface PlanRequest {
  readonly environment: Environment;
  readonly kind: 'promotion' | 'rollback';
  readonly release: readonly ReleaseImage[];
  readonly batches: readonly (readonly string[])[];
  readonly policy: Plan['strategy'];
  readonly validation: string | null;
  readonly call: Call;
}

export function makePlan(request: PlanRequest): ResultAsync<HashedPlan, DavitError> {
  return new ResultAsync(make(request));
}

async function make({ environment, kind, release, batches, policy, validation, call }: PlanRequest): Promise<Result<HashedPlan, DavitError>> {
  const wanted = hostReleaseOf(release);
  const replaces: Record<string, Record<string, string | null>> = {};
  for (const host of batches.flat()) {
    const state = await environment.deployer.current(host, wanted, call);
    if (state.isErr()) return err(state.error);
    replaces[host] = Object.fromEntries(wanted.services.map(({ service }) => [service, state.value.services.find((now) => now.service === service)?.image ?? null]));
  }
  const plan: Plan = {
    environment: environment.name,
    kind,
    images: release.map(({ name, digest, source, target, tags, services }) => ({ name, digest, source, target, tags, services, ...policiesOf(tags, environment.tagRules?.[name]) })),
    deployer: environment.deployer.name,
    hosts: batches,
    strategy: { automaticRollback: policy.automaticRollback, stopFirst: policy.stopFirst },
    checks: describeChecks(environment.checks),
    endpoints: environment.endpoints.map(({ name }) => name),
    validation,
    replaces,
  };
  return ok({ plan, hash: hashOfPlan(plan) });
}

/** Only what is not as usual, so that a plan without rules stays what it was. */
function policiesOf({ immutable, channel }: ReleaseImage['tags'], rules: TagRules = {}): Pick<PlannedImage, 'tagPolicies'> {
  const usual = (tag: string): TagPolicy => (channel.includes(tag) ? 'allow-move' : 'allow-if-equal');
  const policies = [...immutable, ...channel].map((tag) => [tag, tagPolicyOf(tag, rules, usual(tag))] as const).filter(([tag, policy]) => policy !== usual(tag));
  return policies.length === 0 ? {} : { tagPolicies: Object.fromEntries(policies) };
}

export function hashOfPlan(plan: Plan): string {
  return `sha256:${createHash('sha256').update(canonical(JSON.parse(JSON.stringify(plan)) as Json)).digest('hex')}`;
}

/** Objects with their keys in order, so that the same plan always has the same hash. */
function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(canonical).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}

/** One digest over what each check of the image reported. */
function reportDigest(c: StepContext): string {
  const { facts } = c.context;
  const report = [facts['validation.size'], facts['validation.layers'], facts['validation.metadata'], facts['validation.signature']].map((fact) => fact ?? null);
  return `sha256:${createHash('sha256').update(canonical(report)).digest('hex')}`;
}
