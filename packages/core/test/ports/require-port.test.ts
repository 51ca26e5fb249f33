import { describe, expect, it } from 'vitest';
import { ConfigurationError, checksPolicy, createPromoter, memoryStore, requirePort, systemClock, type EnvironmentOptions, type PortName } from '@davit/core';
import { memoryRegistry, recordingNotifier, scriptedDeployer, scriptedProbe, scriptedTests, scriptedVerifier } from '@davit/core/testing';

const refused = (work: () => unknown): ConfigurationError => {
  try {
    work();
  } catch (thrown) {
    return thrown as ConfigurationError;
  }
  throw new Error('nothing was refused');
};

describe('requirePort', () => {
  it.each<[PortName, unknown]>([
    ['ImageSource', memoryRegistry()],
    ['ImageTarget', memoryRegistry()],
    ['Deployer', scriptedDeployer({ hosts: { 'app-1': null } })],
    ['Notifier', recordingNotifier()],
    ['EndpointProbe', scriptedProbe()],
    ['StagingTests', scriptedTests()],
    ['SignatureVerifier', scriptedVerifier('verified')],
    ['PromotionStore', memoryStore()],
    ['Clock', systemClock],
  ])('takes what implements %s, and names each member that is missing', (port, adapter) => {
    const whole = adapter as Record<string, unknown>;
    requirePort(port, adapter, 'field');
    const missing = Object.keys(whole).filter((member) => {
      const { [member]: _, ...rest } = whole;
      try {
        requirePort(port, rest, 'environments.production.field');
        return false;
      } catch (thrown) {
        expect(thrown).toMatchObject({ name: 'ConfigurationError', code: 'configuration_invalid', field: 'environments.production.field' });
        expect((thrown as Error).message).toContain(`is no ${port}: it has no ${member === 'name' ? 'name' : `method ${member}()`}`);
        return true;
      }
    });
    expect(missing.length).toBeGreaterThan(0);
  });

  it('takes members that a class gives', () => {
    class Tests {
      readonly name = 'mine';
      run(): void {
        // Never called here.
      }
    }
    requirePort('StagingTests', new Tests(), 'tests');
  });

  it.each([
    [undefined, 'target is missing; it must be an ImageTarget'],
    [null, 'target is missing'],
    ['registry', 'target is a string; it must be an ImageTarget'],
    [memoryRegistry, 'target is a function; it must be an ImageTarget, which most of them give when they are called'],
    [Promise.resolve(memoryRegistry()), 'target is a promise; await it'],
    [{ ...memoryRegistry(), tag: 'x' }, 'target (memory) is no ImageTarget: it has no method tag()'],
    [{}, 'target is no ImageTarget: it has no name'],
  ])('says what is wrong: %#', (value, words) => {
    expect(refused(() => requirePort('ImageTarget', value, 'target')).message).toContain(words);
  });
});

describe('a promoter', () => {
  const registry = memoryRegistry();
  const environment: EnvironmentOptions = { source: registry, target: registry, deployer: scriptedDeployer({ hosts: { 'app-1': null } }), release: { web: { from: 'a.example/web', to: 'b.example/web' } } };
  const fieldOf = (more: object, store: unknown = memoryStore()): string | undefined => refused(() => createPromoter({ store: store as never, environments: { production: { ...environment, ...more } } })).field;

  it.each<[object, string]>([
    [{ source: { name: 'half' } }, 'environments.production.source'],
    [{ target: { ...registry, writeBlob: undefined } }, 'environments.production.target'],
    [{ deployer: {} }, 'environments.production.deployer'],
    [{ tests: { name: 'tests' } }, 'environments.production.tests'],
    [{ endpoints: [scriptedProbe(), 'https://shop.example.com'] }, 'environments.production.endpoints[1]'],
    [{ notifiers: [{ name: 'n' }] }, 'environments.production.notifiers[0]'],
    [{ approval: { name: 'mine', evaluate: () => undefined } }, 'environments.production.approval'],
    [{ approval: { approver: ['ann'] } }, 'environments.production.approval.approver'],
    [{ copy: { attempts: 3 } }, 'environments.production.copy.attempts'],
    [{ rollback: { stopfirst: true } }, 'environments.production.rollback.stopfirst'],
    [{ checks: { label: {} } }, 'checks.label'],
    [{ checks: { signature: { name: 'cosign' } } }, 'checks.signature'],
  ])('refuses at its creation what would fail in the middle of a promotion: %#', (more, field) => {
    expect(fieldOf(more)).toBe(field);
  });

  it('refuses a store and a clock that are none', () => {
    expect(fieldOf({}, {})).toBe('store');
    expect(refused(() => createPromoter({ store: memoryStore(), clock: {} as never, environments: { production: environment } })).field).toBe('clock');
  });

  it('refuses checks of an organisation that are none', () => {
    expect(refused(() => checksPolicy({ custom: [{ name: 'x' } as never] })).message).toContain('checks.custom[0] (x) is no ImageCheck: it has no method check()');
  });
});
