import { describe, expect, it } from 'vitest';
import { watchStability, type StabilityPlan } from '../../src/host/stability.js';
import { container } from './samples.js';

const plan: StabilityPlan = { services: ['web'], replicas: new Map([['web', 1]]), jobs: [], stableMs: 10_000, stableWithHealthcheckMs: 3_000 };
const healthy = { Health: { Status: 'healthy' } };

describe('when services are up and well (R60–R62)', () => {
  it('without a health check, after ten seconds of staying up, and that is said', () => {
    const watch = watchStability(plan);
    expect(watch.look(0, [container('web')]).kind).toBe('waiting');
    expect(watch.look(9_999, [container('web')])).toEqual({ kind: 'waiting', why: ['web is up for 9 of 10 s'] });
    expect(watch.look(10_000, [container('web')])).toEqual({ kind: 'steady', withoutHealthcheck: ['web'] });
  });

  it('with a health check, after three seconds of health', () => {
    const watch = watchStability(plan);
    expect(watch.look(0, [container('web', { state: { Health: { Status: 'starting' } } })])).toEqual({ kind: 'waiting', why: ['shop-web-1 has health starting'] });
    expect(watch.look(60_000, [container('web', { state: healthy })]).kind).toBe('waiting');
    expect(watch.look(63_000, [container('web', { state: healthy })])).toEqual({ kind: 'steady', withoutHealthcheck: [] });
  });

  it.each([
    ['exited with code 3', { state: { Status: 'exited', ExitCode: 3 } }],
    ['exited with code 0', { state: { Status: 'exited', ExitCode: 0 } }],
    ['restarts again and again, last with exit code 1', { state: { Status: 'restarting', ExitCode: 1 } }],
    ['is unhealthy', { state: { Health: { Status: 'unhealthy' } } }],
    ['ran out of memory', { state: { Status: 'exited', ExitCode: 137, OOMKilled: true } }],
  ])('not when a container %s: that ends the wait at once', (why, now) => {
    expect(watchStability(plan).look(0, [container('web', now)])).toMatchObject({ kind: 'failed', service: 'web', why });
  });

  it('not when a container was restarted between two looks, although it runs', () => {
    const watch = watchStability(plan);
    watch.look(0, [container('web', { restarts: 4 })]);
    expect(watch.look(5_000, [container('web', { restarts: 5 })])).toMatchObject({ kind: 'failed', why: 'was restarted (5 times so far)' });
  });

  it('not by restarts of long ago', () => {
    const watch = watchStability(plan);
    watch.look(0, [container('web', { restarts: 4 })]);
    expect(watch.look(10_000, [container('web', { restarts: 4 })]).kind).toBe('steady');
  });

  it('only when the same containers ran all the time', () => {
    const watch = watchStability(plan);
    watch.look(0, [container('web')]);
    watch.look(9_000, [container('web', { state: { StartedAt: '2026-11-22T12:00:09Z' } })]);
    expect(watch.look(12_000, [container('web', { state: { StartedAt: '2026-11-22T12:00:09Z' } })]).kind).toBe('waiting');
    expect(watch.look(19_000, [container('web', { state: { StartedAt: '2026-11-22T12:00:09Z' } })]).kind).toBe('steady');
  });

  it('only with every replica: one of three that crashes is enough', () => {
    const three = { ...plan, replicas: new Map([['web', 3]]) };
    const [one, two, three_] = [1, 2, 3].map((n) => container('web', { id: String(n), name: `shop-web-${String(n)}` }));
    if (one === undefined || two === undefined || three_ === undefined) throw new Error('three');
    expect(watchStability(three).look(0, [one, two])).toEqual({ kind: 'waiting', why: ['web has 2 of 3 containers'] });
    expect(watchStability(three).look(0, [one, two, container('web', { id: '3', state: { Status: 'exited', ExitCode: 7 } })]).kind).toBe('failed');
    const watch = watchStability(three);
    watch.look(0, [one, two, three_]);
    expect(watch.look(10_000, [one, two, three_]).kind).toBe('steady');
  });

  it('only with every service', () => {
    const two = { ...plan, services: ['web', 'worker'], replicas: new Map<string, number>() };
    const watch = watchStability(two);
    watch.look(0, [container('web', { state: healthy }), container('worker')]);
    expect(watch.look(5_000, [container('web', { state: healthy }), container('worker')]).kind).toBe('waiting');
    expect(watch.look(10_000, [container('web', { state: healthy }), container('worker')])).toEqual({ kind: 'steady', withoutHealthcheck: ['worker'] });
  });

  it('for a job when it has ended with 0, and at once', () => {
    const job = { ...plan, services: ['migrate'], jobs: ['migrate'] };
    expect(watchStability(job).look(0, [container('migrate')]).kind).toBe('waiting');
    expect(watchStability(job).look(0, [container('migrate', { state: { Status: 'exited', ExitCode: 0 } })]).kind).toBe('steady');
    expect(watchStability(job).look(0, [container('migrate', { state: { Status: 'exited', ExitCode: 4 } })])).toMatchObject({ kind: 'failed', why: 'exited with code 4' });
  });

  it('leaves leftovers of a killed up and containers of `compose run` out of the count', () => {
    const watch = watchStability(plan);
    const others = [container('web', { id: 'x', name: '0123456789ab_shop-web-1', state: { Status: 'created' } }), container('web', { id: 'y', oneoff: true, state: { Status: 'exited', ExitCode: 5 } })];
    watch.look(0, [container('web'), ...others]);
    expect(watch.look(10_000, [container('web'), ...others]).kind).toBe('steady');
  });

  it('waits for what is made or paused, and does not call it healthy', () => {
    for (const Status of ['created', 'paused']) expect(watchStability(plan).look(0, [container('web', { state: { Status } })])).toEqual({ kind: 'waiting', why: [`shop-web-1 is ${Status}`] });
  });
});
