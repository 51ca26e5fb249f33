/**
 * Whether what somebody configured is an adapter at all. A method that is missing would otherwise be found when it is called:
 * in the middle of a promotion.
 * @module
 */
import { ConfigurationError } from '../errors/index.js';
import type { ApprovalPolicy } from './approval-policy.js';
import type { Clock } from './clock.js';
import type { Deployer } from './deployer.js';
import type { EndpointProbe } from './endpoint-probe.js';
import type { ImageCheck } from './image-check.js';
import type { ImageSource } from './image-source.js';
import type { ImageTarget } from './image-target.js';
import type { Notifier } from './notifier.js';
import type { PromotionStore } from './promotion-store.js';
import type { SignatureVerifier } from './signature-verifier.js';
import type { StagingTests } from './staging-tests.js';

interface Ports {
  ApprovalPolicy: ApprovalPolicy;
  Clock: Clock;
  Deployer: Deployer;
  EndpointProbe: EndpointProbe;
  ImageCheck: ImageCheck;
  ImageSource: ImageSource;
  ImageTarget: ImageTarget;
  Notifier: Notifier;
  PromotionStore: PromotionStore;
  SignatureVerifier: SignatureVerifier;
  StagingTests: StagingTests;
}

export type PortName = keyof Ports;

/** What must be there; members that may be left out are not in it. */
type Required<T> = { readonly [Member in keyof T as undefined extends T[Member] ? never : Member]: T[Member] extends string ? 'text' : 'method' };

const source: Required<ImageSource> = { name: 'text', resolve: 'method', readManifest: 'method', readBlob: 'method', statBlob: 'method', listReferrers: 'method' };

// The compiler keeps it complete.
const members: { readonly [Port in PortName]: Required<Ports[Port]> } = {
  ApprovalPolicy: { name: 'text', requirement: 'method', evaluate: 'method' },
  Clock: { now: 'method', sleep: 'method' },
  Deployer: { name: 'text', hosts: 'method', preflight: 'method', current: 'method', lock: 'method', pull: 'method', pin: 'method', restart: 'method', health: 'method', proof: 'method', stop: 'method', forceStop: 'method', restorePin: 'method', commit: 'method' },
  EndpointProbe: { name: 'text', probe: 'method' },
  ImageCheck: { name: 'text', check: 'method' },
  ImageSource: source,
  ImageTarget: { ...source, mountBlob: 'method', writeBlob: 'method', writeManifest: 'method', tag: 'method' },
  Notifier: { name: 'text', notify: 'method' },
  PromotionStore: { name: 'text', newOwner: 'method', create: 'method', append: 'method', read: 'method', follow: 'method', list: 'method', acquireLease: 'method', renewLease: 'method', releaseLease: 'method' },
  SignatureVerifier: { name: 'text', verify: 'method' },
  StagingTests: { name: 'text', run: 'method' },
};

/**
 * Throws a `ConfigurationError` that names the member which is missing, where `value` does not implement the port.
 * @param field The option, as a path: `environments.production.target`.
 */
export function requirePort<Port extends PortName>(port: Port, value: unknown, field: string): asserts value is Ports[Port] {
  const refuse = (what: string): never => {
    throw new ConfigurationError(`${field} ${what}`, { field });
  };
  if (value === undefined || value === null) refuse(`is missing; it must be ${withArticle(port)}`);
  if (typeof value === 'function') refuse(`is a function; it must be ${withArticle(port)}, which most of them give when they are called`);
  if (typeof value !== 'object') refuse(`is a ${typeof value}; it must be ${withArticle(port)}`);
  const given = value as Readonly<Record<string, unknown>>;
  if (typeof given['then'] === 'function' && typeof given['name'] !== 'string') refuse(`is a promise; await it, so that it is ${withArticle(port)}`);
  for (const [member, kind] of Object.entries(members[port])) {
    if (kind === 'method' ? typeof given[member] === 'function' : typeof given[member] === 'string') continue;
    const whose = typeof given['name'] === 'string' ? ` (${given['name']})` : '';
    refuse(`${whose === '' ? '' : `${whose.trim()} `}is no ${port}: it has no ${kind === 'method' ? `method ${member}()` : member}`);
  }
}

const withArticle = (port: PortName): string => `${/^[AEIOU]/.test(port) ? 'an' : 'a'} ${port}`;
