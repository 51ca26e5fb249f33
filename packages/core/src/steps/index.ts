/**
 * The table of steps: one for each name that the machine knows.
 * @module
 */
import { stepIds, type StepId } from '../machine/index.js';
import { evaluateApproval, requireApproval } from './approval.js';
import { close } from './closing.js';
import { complete, endpoints, health, markUnhealthy, preflight, proof, pull, restart, triggerDeployment, update } from './deployment.js';
import { proceed, startPromotion } from './hold.js';
import { applyTags, copyRelease, restoreRegistry, updateRegistry } from './registry.js';
import { rollbackSteps } from './rollback.js';
import { runStagingTests } from './staging-tests.js';
import type { Step } from './step.js';
import { validationSteps } from './validation.js';

const all: readonly Step[] = [
  runStagingTests,
  startPromotion,
  ...validationSteps,
  requireApproval,
  evaluateApproval,
  proceed,
  copyRelease,
  applyTags,
  updateRegistry,
  restoreRegistry,
  triggerDeployment,
  preflight,
  pull,
  update,
  restart,
  health,
  endpoints,
  proof,
  markUnhealthy,
  complete,
  ...rollbackSteps,
  close,
];

export type StepTable = Readonly<Record<StepId, Step>>;

export const steps: StepTable = Object.fromEntries(all.map((step) => [step.id, step])) as unknown as StepTable;

// A step that the machine names and nobody wrote would only be met in production.
const absent = stepIds.filter((id) => steps[id] === undefined);
if (absent.length > 0 || all.length !== stepIds.length) throw new Error(`the table of steps does not fit the machine: ${absent.join(', ')}`);

export type { Environment } from './environment.js';
export { manualCommandsOf, type ManualCommands } from './manual-commands.js';
export { makePlan, type HashedPlan, type Plan, type PlannedImage } from './plan.js';
export { planCopies, type ReleaseCopies } from './release-copies.js';
export { isVerified, standsQuarantined } from './quarantine.js';
export { checkRelease } from './release.js';
export type { Observation, PastPromotion, Step, StepContext, StepReport } from './step.js';
