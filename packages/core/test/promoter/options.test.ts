/**
 * Wrong options of a promoter: refused when it is made, by name, whoever wrote them.
 */
import { describe, expect, it } from 'vitest';
import { createPromoter, memoryStore, type EnvironmentOptions, type PromoterOptions } from '@davit/core';
import { newWorld } from '../runner/world.js';

const refusal = (options: unknown): unknown => {
  try {
    createPromoter(options as PromoterOptions);
  } catch (thrown) {
    return thrown;
  }
  return undefined;
};
const { environment } = newWorld();
const production = (more: object): unknown => refusal({ store: memoryStore(), environments: { production: { ...environment, ...more } } });
const image = (more: object): unknown => production({ release: { web: { from: 'a.example/web', to: 'b.example/web', ...more } } });

describe('an environment is refused', () => {
  it.each<[object, string, string]>([
    [{ check: {} }, 'check', 'has no option "check"; it has source, target, deployer'],
    [{ endpoint: [] }, 'endpoint', 'has no option "endpoint"'],
    [{ endpoints: {} }, 'endpoints', 'is an object; it must be a list'],
    [{ endpoints: null }, 'endpoints', 'is null; it must be a list'],
    [{ endpoints: [null] }, 'endpoints[0]', 'it must be an EndpointProbe'],
    [{ notifiers: {} }, 'notifiers', 'is an object; it must be a list'],
    [{ tests: true }, 'tests', 'is a boolean; it must be staging tests, such as testCommand(\'…\'), or { off'],
    [{ tests: null }, 'tests', 'is null; it must be staging tests'],
    [{ tests: 'npm test' }, 'tests', 'is a string; it must be staging tests'],
    [{ tests: { off: '' } }, 'tests.off', 'is empty; it must be a text that says why'],
    [{ tests: { off: true } }, 'tests.off', 'is a boolean'],
    [{ approval: true }, 'approval', 'is a boolean; it must be an approval policy'],
    [{ approval: null }, 'approval', 'is null'],
    [{ approval: { off: '   ' } }, 'approval.off', 'is empty; it must be a text that says why'],
    [{ approval: { off: 'x', approvers: ['ann'] } }, 'approval.approvers', 'has no option "approvers"; it has off'],
    [{ approval: { approvers: 'alice' } }, 'approval.approvers', 'is a string; it must be a list of names'],
    [{ approval: { approvers: [] } }, 'approval.approvers', 'is empty; it must be a list of names, at least one'],
    [{ approval: { approvers: [5] } }, 'approval.approvers[0]', 'is a number'],
    [{ approval: { expiresInMs: Number.NaN } }, 'approval.expiresInMs', 'is NaN; it must be a number of milliseconds above 0'],
    [{ approval: { expiresInMs: '1d' } }, 'approval.expiresInMs', 'is a string; it must be a number of milliseconds'],
    [{ approval: { expiresInMs: -1 } }, 'approval.expiresInMs', 'is -1'],
    [{ approval: { evaluate: () => undefined } }, 'approval', 'is no ApprovalPolicy'],
    [{ rollback: true }, 'rollback', 'is a boolean; it must be an object'],
    [{ rollback: { auto: true } }, 'rollback.auto', 'it has automatic, stopFirst, requireTarget'],
    [{ rollback: { automatic: 'no' } }, 'rollback.automatic', 'is a string; it must be true or false'],
    [{ copy: 3 }, 'copy', 'is a number; it must be an object'],
    [{ copy: { maxAttempts: 0 } }, 'copy.maxAttempts', 'is 0; it must be a whole number of at least 1'],
    [{ release: null }, 'release', 'is null; it must be an object with an image by name'],
    [{ release: {} }, 'release', 'is empty; it must be an object with an image by name'],
    [{ release: [] }, 'release', 'is a list'],
    [{ release: { web: 'x' } }, 'release.web', 'is a string; it must be an object'],
    [{ batches: 'a' }, 'batches', 'is a string; it must be a list of batches'],
    [{ batches: [] }, 'batches', 'is empty; it must be a list of batches'],
    [{ batches: [[]] }, 'batches[0]', 'is empty; it must be a list of hosts, at least one'],
    [{ batches: ['host-1'] }, 'batches[0]', 'is a string; it must be a list of hosts'],
    [{ batches: [['host-1'], ['host-1']] }, 'batches', 'names the host host-1 twice'],
  ])('%j', (more, field, words) => {
    const thrown = production(more);
    expect(thrown).toMatchObject({ name: 'ConfigurationError', code: 'configuration_invalid', field: `environments.production.${field}` });
    expect((thrown as Error).message).toContain(words);
  });

  it.each<[object, string, string]>([
    [{ service: ['web'] }, 'service', 'it has from, to, services, tags'],
    [{ to: undefined }, 'to', 'is missing; it must be a text such as'],
    [{ services: 'web' }, 'services', 'is a string; it must be a list of the names of services'],
    [{ services: [] }, 'services', 'is empty'],
    [{ services: [''] }, 'services[0]', 'is empty'],
    [{ tags: ['x'] }, 'tags', 'is a list; it must be an object'],
    [{ tags: { imutable: [] } }, 'tags.imutable', 'it has immutable, channel, rules'],
    [{ tags: { channel: 'prod' } }, 'tags.channel', 'is a string; it must be a list of tags'],
    [{ tags: { immutable: '{version}' } }, 'tags.immutable', 'is a string; it must be a list of tags'],
    [{ tags: { immutable: ['{verison}'] } }, 'tags.immutable', '{verison} is not known'],
    [{ tags: { rules: ['x'] } }, 'tags.rules', 'is a list; it must be an object'],
    [{ tags: { rules: { 'v*': 'forbid' } } }, 'tags.rules', 'is no policy'],
  ])('with an image %j', (more, field, words) => {
    const thrown = image(more);
    expect(thrown).toMatchObject({ name: 'ConfigurationError', field: `environments.production.release.web.${field}` });
    expect((thrown as Error).message).toContain(words);
  });

  it.each([null, 'strict'])('with checks %j', (checks) => {
    expect(production({ checks })).toMatchObject({ name: 'ConfigurationError', field: 'checks' });
  });
});

describe('a promoter is refused', () => {
  it.each<[object, string]>([
    [{ environment: {} }, 'environment'],
    [{ environments: {} }, 'environments'],
    [{ environments: null }, 'environments'],
    [{ environments: { production: 'x' } }, 'environments.production'],
    [{ environments: { production: null } }, 'environments.production'],
    [{ store: '.davit' }, 'store'],
    [{ clock: {} }, 'clock'],
    [{ leaseMs: 'x' }, 'leaseMs'],
    [{ leaseMs: -5 }, 'leaseMs'],
    [{ leaseMs: 0 }, 'leaseMs'],
  ])('with %j', (more, field) => {
    expect(refusal({ store: memoryStore(), environments: { production: environment }, ...more })).toMatchObject({ name: 'ConfigurationError', code: 'configuration_invalid', field });
  });

  it.each([undefined, null, 5])('that is given %j', (options) => {
    expect(refusal(options)).toMatchObject({ name: 'ConfigurationError', message: expect.stringContaining('it must be an object') as unknown });
  });
});

it('takes what is right: every option, and those that are undefined', () => {
  const complete: EnvironmentOptions = {
    ...environment,
    release: { web: { from: 'a.example/web', to: 'b.example/web', services: ['web'], tags: { immutable: ['{version}'], channel: [], rules: { 'v*': 'immutable' } } } },
    tests: { off: 'none yet' },
    approval: { expiresInMs: 1, preventSelfApproval: false, approvers: ['ann'] },
    rollback: { automatic: true, stopFirst: false, requireTarget: true },
    copy: { maxAttempts: 1 },
    batches: [['host-1']],
  };
  expect(refusal({ store: memoryStore(), environments: { production: complete }, leaseMs: 1 })).toBeUndefined();
  expect(production({ tests: undefined, approval: undefined, batches: undefined })).toBeUndefined();
  // An adapter that sends events has a method off(), and is not switched off by it.
  expect(production({ tests: { ...environment.tests, off: () => undefined } })).toBeUndefined();
});
