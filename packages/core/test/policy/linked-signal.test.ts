import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { linkedSignal } from '../../src/policy/linked-signal.js';

describe('a linked signal', () => {
  it('fires with any of the others, for its reason, and lets go of all of them', () => {
    const [one, other] = [new AbortController(), new AbortController()];
    const linked = linkedSignal(one.signal, undefined, other.signal);
    expect(linked.signal.aborted).toBe(false);
    other.abort('enough');
    expect([linked.signal.aborted, linked.signal.reason]).toEqual([true, 'enough']);
    expect(getEventListeners(one.signal, 'abort')).toEqual([]);
  });

  it('has fired where one of the others had', () => {
    const fired = AbortSignal.abort('before');
    const later = new AbortController();
    const linked = linkedSignal(fired, later.signal);
    expect(linked.signal.reason).toBe('before');
    expect(getEventListeners(later.signal, 'abort')).toEqual([]);
  });

  it('fires by itself, and leaves the others as they are', () => {
    const outer = new AbortController();
    const linked = linkedSignal(outer.signal);
    linked.end();
    expect([linked.signal.aborted, outer.signal.aborted]).toEqual([true, false]);
    expect(getEventListeners(outer.signal, 'abort')).toEqual([]);
  });
});
