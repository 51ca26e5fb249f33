import { describe, expect, it } from 'vitest';
import { failure } from '@davit/core';
import { health } from '../../src/verbs/health.js';
import { container } from '../host/samples.js';
import { config, scripted, type Answer } from '../scripted-shell.js';

const release = { services: [{ service: 'web', image: 'r.example.com/web@sha256:2' }] };
const line = (more: Parameters<typeof container>[1] = {}): string => JSON.stringify({ ...container('web', more), oneoff: 'False' });
const up = (containers: string): Answer => ({ config: config({ web: {} }), containers });
const call = { signal: new AbortController().signal };

describe('waiting for health (R60–R62)', () => {
  it('looks once a second and passes after ten seconds, saying that there is no health check', async () => {
    const { context, clock, scripts } = scripted(() => ({ steps: up(line()) }));
    const said: string[] = [];
    const result = (await health(context, release, { ...call, progress: (progress) => { if (progress.type === 'host') said.push(progress.what); } }))._unsafeUnwrap();
    expect(result).toMatchObject({ changed: false, facts: { withoutHealthcheck: ['web'] } });
    expect(clock.slept).toEqual(Array.from({ length: 10 }, () => 1_000));
    expect(scripts).toHaveLength(11);
    expect(said[3]).toBe('web is up for 3 of 10 s');
  });

  it('gives up at the deadline, and says what it was waiting for', async () => {
    const { context, clock } = scripted((script) => ({ steps: script.includes('docker logs') ? { 'logs:web-1': 'listening on 8080' } : up(line({ state: { Health: { Status: 'starting' } } })) }));
    const error = (await health(context, release, call))._unsafeUnwrapErr();
    expect(error).toMatchObject({ code: 'service_unhealthy', service: 'web', changed: false });
    expect(error.message).toContain('not healthy within 120 s: shop-web-1 has health starting');
    expect(error.evidence).toContain('listening on 8080');
    expect(clock.slept.length).toBeGreaterThanOrEqual(120);
  });

  it('brings the state, the last word of the health check and the last lines of the log', async () => {
    const sick = line({ restarts: 2, state: { ExitCode: 1, Health: { Status: 'unhealthy', Log: [{ ExitCode: 0, Output: 'fine' }, { ExitCode: 7, Output: 'connection refused' }] } } });
    const { context } = scripted((script) => ({ steps: script.includes('docker logs') ? { 'logs:web-1': 'panic: no database' } : up(sick) }));
    const { evidence = '', exitCode } = (await health(context, release, call))._unsafeUnwrapErr();
    expect(evidence).toContain('shop-web-1: running, exit code 1, 2 restarts, health unhealthy');
    expect(evidence).toContain('last health check: exit code 7: connection refused');
    expect(evidence).toContain('panic: no database');
    expect(exitCode).toBe(1);
  });

  it('has its verdict also where the log cannot be had', async () => {
    const { context } = scripted((script) => (script.includes('docker logs') ? failure('host_connection_lost', 'gone') : { steps: up(line({ state: { Status: 'exited', ExitCode: 3 } })) }));
    expect((await health(context, release, call))._unsafeUnwrapErr()).toMatchObject({ code: 'service_unhealthy', message: 'host: web: shop-web-1 exited with code 3' });
  });

  it('bears with a connection that is lost for a moment, and no longer', async () => {
    const lost = failure('host_connection_lost', 'gone', { retryable: true });
    const some = scripted((_script, n) => (n >= 3 && n <= 5 ? lost : { steps: up(line()) }));
    expect((await health(some.context, release, call)).isOk()).toBe(true);
    const forGood = scripted((_script, n) => (n >= 3 ? lost : { steps: up(line()) }));
    expect((await health(forGood.context, release, call))._unsafeUnwrapErr().code).toBe('host_connection_lost');
    const hopeless = scripted((_script, n) => (n >= 3 ? failure('host_key_mismatch', 'another host') : { steps: up(line()) }));
    expect((await health(hopeless.context, release, call))._unsafeUnwrapErr().code).toBe('host_key_mismatch');
    expect(hopeless.scripts).toHaveLength(3);
  });

  it('ends when it is interrupted', async () => {
    const controller = new AbortController();
    const { context } = scripted((_script, n) => {
      if (n === 4) controller.abort();
      return { steps: up(line()) };
    });
    expect((await health(context, release, { signal: controller.signal }))._unsafeUnwrapErr()).toMatchObject({ code: 'interrupted' });
  });

  it('waits for every replica that the project asks for', async () => {
    const { context } = scripted(() => ({ steps: { ...up(line()), config: config({ web: { deploy: { replicas: 2 } } }) } }));
    expect((await health(context, release, call))._unsafeUnwrapErr().message).toContain('web has 1 of 2 containers');
  });
});
