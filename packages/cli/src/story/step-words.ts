/**
 * What each step is called when it is told of.
 * @module
 */
import type { StepId, WaitId } from '@davit/core/machine';

interface StepWords {
  /** `Copy the image` */
  readonly name: string;
  /** Takes no time and says nothing new when it passes; a live view leaves it out. */
  readonly quiet?: boolean;
}

export const stepWords: Readonly<Record<StepId, StepWords>> = {
  'tests.run': { name: 'Run the staging tests' },
  'promotion.start': { name: 'Begin the promotion', quiet: true },
  'validation.size': { name: 'Check the image size' },
  'validation.layers': { name: 'Verify the image layers' },
  'validation.metadata': { name: 'Check the image metadata' },
  'validation.signature': { name: 'Verify the image signature' },
  'validation.log': { name: 'Record the validation error', quiet: true },
  'approval.require': { name: 'Ask whether approval is needed' },
  'approval.evaluate': { name: 'Weigh the decision' },
  'promotion.proceed': { name: 'Take hold of the environment' },
  'image.copy': { name: 'Copy the image' },
  'tags.apply': { name: 'Apply version tags' },
  'registry.update': { name: 'Move channel tags' },
  'registry.restore': { name: 'Put channel tags back' },
  'deployment.trigger': { name: 'Lock the hosts, note what runs' },
  'deployment.preflight': { name: 'Check the hosts' },
  'deployment.pull': { name: 'Pull the image' },
  'deployment.update': { name: 'Pin the image' },
  'deployment.restart': { name: 'Restart the services' },
  'deployment.health': { name: 'Wait for healthy services' },
  'deployment.endpoints': { name: 'Ask the endpoints' },
  'deployment.proof': { name: 'Prove what runs' },
  'deployment.markUnhealthy': { name: 'Mark the image as unhealthy' },
  'promotion.complete': { name: 'Record the release on the hosts' },
  'rollback.trigger': { name: 'Begin the rollback', quiet: true },
  'rollback.target': { name: 'Find the previous image' },
  'rollback.stop': { name: 'Stop the services' },
  'rollback.forceStop': { name: 'Stop the services by force' },
  'rollback.update': { name: 'Pin the previous image' },
  'rollback.restart': { name: 'Restart with the previous image' },
  'rollback.health': { name: 'Wait for healthy services' },
  'rollback.proof': { name: 'Prove what runs' },
  'rollback.tags': { name: 'Settle the channel tags' },
  'rollback.log': { name: 'Record the rollback', quiet: true },
  'rollback.notify': { name: 'Send notifications', quiet: true },
  'promotion.close': { name: 'Close', quiet: true },
};

/** What is waited for, after `waiting for`. */
export const waitWords: Readonly<Record<WaitId, string>> = {
  queue: 'another promotion of the same environment',
  approval: 'an approval',
  window: 'the promotion window to open',
  hold: 'the promotion that holds the environment',
  backoff: 'the next attempt',
  hostLock: 'the lock of a host',
};

/** Journals may be newer than this command: an unknown step goes by its own name. */
export function wordsOf(step: string): StepWords {
  return Object.hasOwn(stepWords, step) ? stepWords[step as StepId] : { name: step };
}

export function waitName(wait: string): string {
  return Object.hasOwn(waitWords, wait) ? waitWords[wait as WaitId] : wait;
}
