/**
 * The secrets that an environment's adapters know, asked anew at every record so that short-lived tokens are covered.
 * @module
 */
import { redactor, type Redact } from '../policy/redact.js';
import type { HoldsSecrets } from '../ports/index.js';
import type { Environment } from '../steps/index.js';

export function redactFor(environment: Environment): () => Redact {
  const adapters: readonly unknown[] = [environment.source, environment.target, environment.deployer, environment.tests, environment.approval, ...environment.endpoints, ...environment.notifiers];
  const holders = adapters.filter((adapter): adapter is HoldsSecrets => typeof (adapter as Partial<HoldsSecrets> | undefined)?.secrets === 'function');
  return () => redactor(holders.flatMap((holder) => [...holder.secrets()]));
}
