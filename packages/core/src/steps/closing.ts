/**
 * After every terminal: the hold is freed, the hosts' locks are released, what is still to be told is told. Nothing that
 * fails here changes the result.
 * @module
 */
import { failed, interrupted, passed, toldToStop, type Step } from './step.js';

export const close: Step = {
  id: 'promotion.close',
  timeoutMs: 5 * 60_000,
  perform: async (c) => {
    await c.releaseLocks();
    // Before anything is sent: nobody shall wait for this environment because a receiver is slow.
    const freed = await c.hold.free();
    await c.deliver();
    // Told to stop while it sent: whoever resumes sends the rest.
    if (toldToStop(c)) return interrupted(c);
    return freed.isOk() ? passed() : failed(freed.error);
  },
};
