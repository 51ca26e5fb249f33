/**
 * The names of steps and waits. They stand in journals: a name is never changed and never used for something else.
 * @module
 */
export const stepIds = [
  'tests.run',
  'promotion.start',
  'validation.size',
  'validation.layers',
  'validation.metadata',
  'validation.signature',
  'validation.log',
  'approval.require',
  'approval.evaluate',
  'promotion.proceed',
  'image.copy',
  'tags.apply',
  'registry.update',
  'registry.restore',
  'deployment.trigger',
  'deployment.preflight',
  'deployment.pull',
  'deployment.update',
  'deployment.restart',
  'deployment.health',
  'deployment.endpoints',
  'deployment.proof',
  'deployment.markUnhealthy',
  'promotion.complete',
  'rollback.trigger',
  'rollback.target',
  'rollback.stop',
  'rollback.forceStop',
  'rollback.update',
  'rollback.restart',
  'rollback.health',
  'rollback.proof',
  'rollback.tags',
  'rollback.log',
  'rollback.notify',
  'promotion.close',
] as const;
export type StepId = (typeof stepIds)[number];

/** What a promotion can wait for. A back-off is slept through; at the others the process may end and be resumed. */
export const waitIds = ['queue', 'approval', 'window', 'hold', 'backoff', 'hostLock'] as const;
export type WaitId = (typeof waitIds)[number];

/** Steps that change hosts: one that was cut short makes its hosts suspect until its own next report. */
export const hostChangingSteps: ReadonlySet<StepId> = new Set<StepId>(['deployment.update', 'deployment.restart']);
