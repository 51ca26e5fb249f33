/**
 * The machine: the main chart of the specification (R1–R35), with the other three charts inside it.
 *
 * It is used as a reducer and never runs anything: a state that needs work done names a step, the runner does it and
 * feeds back what came of it. Edges that no chart draws say in `extra` which number asks for them.
 * @module
 */
import { base, concluding, decision, end, passage, step, stepOr, waiting } from './base.js';
import { deploying, verifying } from './deployment.js';
import { box } from './promotion-boxes.js';
import { rollingBack } from './rollback.js';
import { validation } from './validation.js';

/** Every terminal passes through `closing` before it is final. */
const closes = { extra: 'close' } as const;

export const machine = base.createMachine({
  id: 'promotion',
  context: ({ input }) => ({
    ...input,
    running: null,
    unsettled: null,
    turns: {},
    ok: true,
    facts: {},
    before: {},
    error: null,
    cause: null,
    endError: null,
    failedChecks: [],
    wait: null,
    copyFailures: 0,
    decisions: [],
    decisionsSeen: 0,
    approvalExpired: false,
    cancel: null,
    batch: 0,
    touched: [],
    suspect: [],
    tagsTouched: false,
    changed: false,
    compensationFailed: null,
    outcome: null,
  }),
  on: {
    'step.started': { actions: 'begin' },
    'step.interrupted': { actions: 'interrupt' },
    'approval.given': { actions: 'noteDecision' },
    'cancel.requested': { actions: 'noteCancel' },
  },
  initial: 'opening',
  states: {
    opening: {
      meta: { kind: 'passage' },
      always: [{ guard: 'isRollback', target: '#rollback', meta: { extra: 'G23 rollback asked for' } }, { target: 'preparing' }],
    },

    // A–U: nothing that anybody runs has changed. A cancel ends in N.
    preparing: {
      meta: { kind: 'flow' },
      always: { guard: 'cancelNow', target: '#cancelled', meta: { extra: 'R14 cancel' } },
      initial: 'stagingDeployed',
      states: {
        stagingDeployed: { ...passage(box('A'), 'testing'), tags: 'pending' },
        testing: { ...step(box('B'), 'tests.run', 'testsPass'), tags: 'pending' },
        testsPass: decision(box('C'), 'ok', 'triggering', 'testsFailed'),
        testsFailed: concluding(box('D'), 'tests_failed', '#closing', 'close'),

        triggering: {
          meta: { kind: 'flow', ...box('E') },
          initial: 'starting',
          states: {
            starting: {
              meta: { kind: 'step', step: 'promotion.start' },
              on: {
                'step.passed': { target: 'started', actions: 'settle' },
                'step.deferred': { target: 'queueing', actions: 'settle', meta: { extra: 'G15 queue' } },
                'step.failed': { target: '#refused', actions: 'settle', meta: { extra: 'G15 conflict' } },
              },
            },
            queueing: { ...waiting('starting', '#refused', 'G15 conflict'), tags: 'pending' },
            started: end(null),
          },
          onDone: { target: 'validating' },
        },
        validating: { ...validation, meta: { kind: 'flow', ...box('F') }, onDone: { target: 'imageValid' } },
        imageValid: decision(box('G'), 'imageValid', 'checkingApproval', 'loggingValidationError'),
        loggingValidationError: { ...step(box('H'), 'validation.log', 'validationFailed'), entry: 'noteCause' },
        validationFailed: concluding(box('I'), 'validation_failed', '#closing', 'close'),

        checkingApproval: { id: 'checkingApproval', ...stepOr(box('J'), 'approval.require', 'approvalRequired', '#refused', 'R10 policy error') },
        approvalRequired: decision(box('K'), 'approvalNeeded', 'awaitingApproval', 'proceeding'),
        awaitingApproval: {
          meta: { kind: 'flow', ...box('L') },
          tags: 'pending',
          initial: 'waiting',
          states: {
            waiting: {
              meta: { kind: 'wait' },
              entry: 'awaitApproval',
              // A decision that was recorded in time counts, however late a process comes to look at it.
              always: { guard: 'newDecisions', target: 'evaluating' },
              on: { 'wait.expired': { target: 'decided', actions: 'expireApproval' } },
            },
            evaluating: {
              meta: { kind: 'step', step: 'approval.evaluate' },
              on: {
                'step.passed': { target: 'decided', actions: 'settle' },
                'step.deferred': { target: 'waiting', actions: 'settle' },
                'step.failed': { target: '#refused', actions: 'settle', meta: { extra: 'R10 policy error' } },
              },
            },
            decided: end(null),
          },
          onDone: { target: 'approved' },
        },
        approved: decision(box('M'), 'approved', 'proceeding', '#cancelled'),
        proceeding: {
          meta: { kind: 'flow', ...box('O') },
          initial: 'checking',
          states: {
            checking: {
              meta: { kind: 'step', step: 'promotion.proceed' },
              on: {
                'step.passed': { target: 'clear', actions: 'settle' },
                'step.deferred': { target: 'awaitingClearance', actions: 'settle' },
                'step.failed': [
                  { guard: 'planChanged', target: '#checkingApproval', actions: 'settle', meta: { extra: 'G14 plan changed' } },
                  { target: '#refused', actions: 'settle', meta: { extra: 'R15 frozen, quarantined or held' } },
                ],
              },
            },
            awaitingClearance: { ...waiting('checking', '#refused', 'R15 frozen, quarantined or held'), tags: 'pending' },
            clear: end(null),
          },
          onDone: { target: 'copying' },
        },
        copying: {
          meta: { kind: 'flow', ...box('P') },
          initial: 'entering',
          states: {
            entering: { meta: { kind: 'passage' }, always: [{ guard: 'backingOff', target: 'backingOff' }, { target: 'copyingNow' }] },
            backingOff: { meta: { kind: 'wait' }, on: { 'wait.due': { target: 'copyingNow', actions: 'stopWaiting' } } },
            copyingNow: step(null, 'image.copy', 'settled'),
            settled: end(null),
          },
          onDone: { target: 'copied' },
        },
        copied: decision(box('Q'), 'ok', 'tagging', 'retryingCopy'),
        retryingCopy: passage(box('R'), 'retriesLeft'),
        retriesLeft: decision(box('S'), 'canRetryCopy', 'copying', 'copyFailed'),
        copyFailed: concluding(box('T'), 'max_retries', '#closing', 'close'),
        tagging: stepOr(box('U'), 'tags.apply', '#updatingRegistry', '#registryError', 'R21 tag taken'),
      },
    },

    // V–Y: channel tags may have moved. A cancel puts them back first.
    publishing: {
      meta: { kind: 'flow' },
      always: { guard: 'cancelNow', target: '#cancelled', meta: { extra: 'R14 cancel' } },
      initial: 'updatingRegistry',
      states: {
        updatingRegistry: { id: 'updatingRegistry', ...step(box('V'), 'registry.update', 'registryUpdated') },
        registryUpdated: decision(box('W'), 'ok', 'triggeringDeployment', '#registryError'),
        triggeringDeployment: {
          meta: { kind: 'flow', ...box('Y') },
          initial: 'triggering',
          states: {
            triggering: {
              meta: { kind: 'step', step: 'deployment.trigger' },
              on: {
                'step.passed': { target: '#deploying', actions: 'settle' },
                'step.deferred': { target: 'awaitingHosts', actions: 'settle' },
                'step.failed': { target: '#rollback', actions: 'settle', meta: { extra: 'R25 lock timeout' } },
              },
            },
            awaitingHosts: { ...waiting('triggering', '#rollback', 'R25 lock timeout'), tags: 'pending' },
          },
        },
      },
    },

    // Z–EE: hosts may be changed. A cancel rolls back.
    producing: {
      meta: { kind: 'flow' },
      always: { guard: 'cancelNow', target: '#rollback', meta: { extra: 'R14 cancel' } },
      initial: 'deploying',
      states: {
        deploying: { id: 'deploying', ...deploying, meta: { kind: 'flow', ...box('Z') }, onDone: { target: 'deployed' } },
        deployed: decision(box('AA'), 'ok', 'verifying', '#rollback'),
        verifying: { ...verifying, meta: { kind: 'flow', ...box('CC') }, onDone: { target: 'healthy' } },
        healthy: {
          meta: { kind: 'decision', ...box('DD') },
          always: [
            { guard: 'lastBatchOk', target: '#completed', meta: { answer: 'Yes' } },
            { guard: 'ok', target: 'deploying.updatingCompose', actions: 'nextBatch', meta: { extra: 'G22 next batch' } },
            { target: 'markingUnhealthy', meta: { answer: 'No' } },
          ],
        },
        markingUnhealthy: { ...step(box('EE'), 'deployment.markUnhealthy', '#rollback'), entry: 'noteCause' },
      },
    },

    // BB–II: never interrupted; a second failure does not stop it (R28).
    rollback: {
      id: 'rollback',
      meta: { kind: 'flow' },
      entry: 'noteCause',
      initial: 'triggering',
      states: {
        triggering: {
          meta: { kind: 'step', step: 'rollback.trigger', ...box('BB') },
          on: {
            'step.passed': [
              { guard: 'rollbackWanted', target: 'rollingBack', actions: 'settle' },
              { target: '#deploymentFailed', actions: 'settle', meta: { extra: 'R28 automatic rollback off' } },
            ],
            'step.failed': [
              { guard: 'isRollback', target: '#refused', actions: 'settle', meta: { extra: 'R67 environment held' } },
              { guard: 'rollbackWanted', target: 'rollingBack', actions: 'settle' },
              { target: '#deploymentFailed', actions: 'settle', meta: { extra: 'R28 automatic rollback off' } },
            ],
          },
        },
        rollingBack: { ...rollingBack, meta: { kind: 'flow', ...box('GG') }, onDone: { target: 'logging' } },
        logging: step(box('HH'), 'rollback.log', 'notifying'),
        notifying: step(box('II'), 'rollback.notify', '#closing', closes),
      },
    },

    cancelled: {
      id: 'cancelled',
      meta: { kind: 'flow', ...box('N') },
      entry: 'concludeCancel',
      initial: 'entering',
      states: {
        entering: { meta: { kind: 'passage' }, always: [{ guard: 'tagsTouched', target: 'restoringTags' }, { target: 'settled' }] },
        restoringTags: step(null, 'registry.restore', 'settled'),
        settled: end(null),
      },
      onDone: { target: 'closing', meta: closes },
    },
    registryError: {
      id: 'registryError',
      ...step(box('X'), 'registry.restore', 'closing', closes),
      meta: { kind: 'step', step: 'registry.restore', outcome: 'registry_error', ...box('X') },
      entry: { type: 'conclude', params: { outcome: 'registry_error' } },
    },
    deploymentFailed: {
      id: 'deploymentFailed',
      meta: { kind: 'flow', outcome: 'deployment_failed' },
      entry: { type: 'conclude', params: { outcome: 'deployment_failed' } },
      initial: 'entering',
      states: {
        // Hosts that run the new image need its tags; where none was touched, the tags go back (R28).
        entering: { meta: { kind: 'passage' }, always: [{ guard: 'hostsTouched', target: 'settled' }, { target: 'restoringTags' }] },
        restoringTags: step(null, 'registry.restore', 'settled'),
        settled: end(null),
      },
      onDone: { target: 'closing', meta: closes },
    },
    refused: { id: 'refused', ...concluding(null, 'refused', '#closing', 'close') },
    completed: {
      id: 'completed',
      ...step(box('FF'), 'promotion.complete', 'closing', closes),
      meta: { kind: 'step', step: 'promotion.complete', outcome: 'completed', ...box('FF') },
      entry: 'concludeCompleted',
    },
    closing: { id: 'closing', ...step(null, 'promotion.close', 'closed') },
    closed: { type: 'final', meta: { kind: 'outcome' } },
  },
  options: { maxIterations: 100 },
});
