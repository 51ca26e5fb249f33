/**
 * Chart 3 of the specification: Rollback Process (R67–R81). Nothing in it can be cancelled.
 * @module
 */
import { base, concluding, decision, end, step, stepOr } from './base.js';
import { chart } from './box.js';

const box = chart('rollback', {
  A: 'Rollback Triggered',
  B: 'Identify Previous Image',
  C: 'Previous Image Available?',
  D: 'Fail - No Rollback Target',
  E: 'Stop Current Production Services',
  F: 'Services Stopped?',
  G: 'Force Stop Services',
  H: 'Update to Previous Image',
  I: 'Restart with Previous Image',
  J: 'Services Start Success?',
  K: 'Fail - Rollback Failed',
  L: 'Run Health Checks',
  M: 'Health Checks Pass?',
  N: 'Rollback Incomplete',
  O: 'Rollback Complete',
});

/** Wherever a rollback ends, the channel tags are settled before it is logged (G7). */
const thenTags = 'G7 channel tags';

export const rollingBack = base.createStateConfig({
  initial: 'triggered',
  states: {
    triggered: {
      meta: { kind: 'passage', ...box('A') },
      always: [
        { guard: 'hostsTouched', target: 'identifyingTarget' },
        { guard: 'nothingRanBefore', target: 'nothingToVerify', meta: { extra: 'G3 nothing changed, nothing ran before' } },
        { target: 'checkingHealth', meta: { extra: 'G3 nothing changed' } },
      ],
    },
    nothingToVerify: concluding(null, 'deployment_failed', 'settlingTags', thenTags),
    identifyingTarget: step(box('B'), 'rollback.target', 'targetAvailable'),
    targetAvailable: {
      meta: { kind: 'decision', ...box('C') },
      always: [
        { guard: 'targetKnownStopFirst', target: 'stopping', meta: { answer: 'Yes' } },
        { guard: 'targetKnown', target: 'updatingToPrevious', meta: { extra: 'G10 stopFirst: false' } },
        { target: 'noTarget', meta: { answer: 'No' } },
      ],
    },
    noTarget: concluding(box('D'), 'no_rollback_target', 'settlingTags', thenTags),
    stopping: step(box('E'), 'rollback.stop', 'stopped'),
    stopped: decision(box('F'), 'ok', 'updatingToPrevious', 'forcingStop'),
    forcingStop: step(box('G'), 'rollback.forceStop', 'updatingToPrevious'),
    updatingToPrevious: stepOr(box('H'), 'rollback.update', 'restarting', 'failed', 'R74 failing write'),
    restarting: step(box('I'), 'rollback.restart', 'started'),
    started: decision(box('J'), 'ok', 'checkingHealth', 'failed'),
    failed: concluding(box('K'), 'rollback_failed', 'settlingTags', thenTags),
    checkingHealth: step(box('L'), 'rollback.health', 'healthy'),
    healthy: decision(box('M'), 'ok', 'complete', 'incomplete'),
    incomplete: concluding(box('N'), 'rollback_incomplete', 'settlingTags', thenTags),
    complete: {
      meta: { kind: 'step', step: 'rollback.proof', outcome: 'rolled_back', ...box('O') },
      on: {
        // Said only when the previous digest is proven to run (R81).
        'step.passed': { target: 'settlingTags', actions: ['settle', { type: 'conclude', params: { outcome: 'rolled_back' } }], meta: { extra: thenTags } },
        'step.failed': { target: 'incomplete', actions: 'settle', meta: { extra: 'R81 proof fails' } },
      },
    },
    settlingTags: {
      meta: { kind: 'step', step: 'rollback.tags' },
      on: { 'step.passed': { target: 'over', actions: 'settle' }, 'step.failed': { target: 'over', actions: 'settle' } },
    },
    over: end(null),
  },
});
