/**
 * After every terminal: the hold is freed, the hosts' locks are released, what is still to be told is told. Nothing that
 * fails here changes the result.
 * @module
 */
import { failed, passed, type Step } from './step.js';

export const close: Step = {
  id: 'promotion.close',
  timeoutMs: 5 * 60_000,
  perform: async (c) => {
    await c.releaseLocks();
    await c.deliver();
    const freed = await c.hold.free();
    return freed.isOk() ? passed() : failed(freed.error);
  },
};
