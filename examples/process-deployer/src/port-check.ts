/**
 * Does anything listen on a port of this machine?
 * @module
 */
import { connect } from 'node:net';
import { systemClock } from '@davit/core';

const timeoutMs = 1000;
/** How long the kernel may take to close the port of a process that has just ended. Milliseconds. */
const closingMs = 2000;
const lookMs = 50;

export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const answer = (listening: boolean): void => {
      socket.destroy();
      resolve(listening);
    };
    socket.setTimeout(timeoutMs, () => { answer(false); });
    socket.once('connect', () => { answer(true); });
    socket.once('error', () => { answer(false); });
  });
}

/** Whether nobody listens, or soon nobody does. */
export async function isFree(port: number): Promise<boolean> {
  const deadline = Date.now() + closingMs;
  while (await isListening(port)) {
    if (Date.now() >= deadline) return false;
    await systemClock.sleep(lookMs);
  }
  return true;
}
