import { describe, expect, it } from 'vitest';
import { performStep } from '../../src/runner/perform.js';
import { passed, type Step, type StepContext } from '../../src/steps/step.js';
import { manualClock } from '../../src/testing/index.js';

describe('a step that is told to stop before it begins', () => {
  it('does nothing at all', async () => {
    let began = false;
    const step: Step = { id: 'image.copy', perform: () => { began = true; return Promise.resolve(passed()); } };
    const stop = new AbortController();
    stop.abort('cancel');
    expect(await performStep(step, {} as StepContext, stop, manualClock())).toMatchObject({ result: 'failed', error: { code: 'interrupted' } });
    expect(began).toBe(false);
  });
});

describe('a step whose time is over', () => {
  it('is ended, and has failed for that reason', async () => {
    const clock = manualClock();
    const step: Step = { id: 'image.copy', timeoutMs: 1000, perform: ({ call }) => new Promise((resolve) => { call.signal.addEventListener('abort', () => { resolve({ result: 'failed', error: { code: 'interrupted', message: 'stopped', retryable: false } }); }); }) };
    const stop = new AbortController();
    const report = performStep(step, { call: { signal: stop.signal } } as StepContext, stop, clock);
    await clock.advance(1000);
    expect(await report).toMatchObject({ result: 'failed', error: { code: 'step_timeout' } });
    expect(stop.signal.reason).toBe('timeout');
  });
});
