/**
 * Chart 2 of the specification: Production Deployment Verification (R50–R66), in two pieces: A–J is what the main chart
 * calls Deploy (Z), K–Q is what it calls Health Checks (CC). The edge I→K crosses that border (G8).
 * @module
 */
import { base, decision, end, step, stepOr } from './base.js';
import { chart } from './box.js';

const box = chart('deployment', {
  A: 'Start Production Deployment',
  B: 'Pull Promoted Image',
  C: 'Image Pull Success?',
  D: 'Fail - Cannot Pull Image',
  E: 'Update Docker Compose',
  F: 'Compose Update Success?',
  G: 'Fail - Compose Error',
  H: 'Restart Production Services',
  I: 'Services Start Success?',
  J: 'Fail - Service Start Error',
  K: 'Wait for Service Health',
  L: 'Health Check Pass?',
  M: 'Fail - Unhealthy Service',
  N: 'Verify Application Endpoints',
  O: 'Endpoints Respond?',
  P: 'Fail - Endpoint Error',
  Q: 'Deployment Complete',
});

export const deploying = base.createStateConfig({
  initial: 'preflight',
  states: {
    preflight: stepOr(box('A'), 'deployment.preflight', 'pulling', 'notStarted', 'R50 preflight'),
    pulling: step(box('B'), 'deployment.pull', 'pulled'),
    pulled: decision(box('C'), 'ok', 'updatingCompose', 'cannotPull'),
    cannotPull: end(box('D')),
    updatingCompose: step(box('E'), 'deployment.update', 'composeUpdated'),
    composeUpdated: decision(box('F'), 'ok', 'restarting', 'composeError'),
    composeError: end(box('G')),
    restarting: step(box('H'), 'deployment.restart', 'servicesStarted'),
    servicesStarted: {
      meta: { kind: 'decision', ...box('I') },
      always: [
        { guard: 'ok', target: 'started', meta: { answer: 'Yes', continues: 'deployment.K' } },
        { target: 'startError', meta: { answer: 'No' } },
      ],
    },
    startError: end(box('J')),
    started: end(null),
    notStarted: end(null),
  },
});

export const verifying = base.createStateConfig({
  initial: 'awaitingHealth',
  states: {
    awaitingHealth: step(box('K'), 'deployment.health', 'healthy'),
    healthy: decision(box('L'), 'ok', 'probingEndpoints', 'unhealthy'),
    unhealthy: end(box('M')),
    probingEndpoints: step(box('N'), 'deployment.endpoints', 'endpointsRespond'),
    endpointsRespond: decision(box('O'), 'ok', 'proving', 'endpointError'),
    endpointError: end(box('P')),
    proving: stepOr(box('Q'), 'deployment.proof', 'verified', 'endpointError', 'R66 proof fails'),
    verified: end(null),
  },
});
