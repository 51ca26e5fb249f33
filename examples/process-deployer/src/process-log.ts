/**
 * One log file a service: what its processes wrote, and from where on it was the latest one's.
 * @module
 */
import { open, mkdir, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

const tailBytes = 4096;
const rotateAtBytes = 10 * 1024 * 1024;

/** Prepares the log for a new process: at most one older file is kept. The answer is where the new one begins. */
export async function openLog(path: string): Promise<{ readonly fd: number; readonly offset: number; readonly close: () => Promise<void> }> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const size = await sizeOf(path);
  if (size > rotateAtBytes) await rename(path, `${path}.1`);
  const file = await open(path, 'a', 0o600);
  return { fd: file.fd, offset: size > rotateAtBytes ? 0 : size, close: () => file.close() };
}

/** The last lines since `offset`, at most 4 KiB, without control characters. Empty where there are none. */
export async function logTail(path: string, offset: number): Promise<string> {
  const size = await sizeOf(path);
  const start = Math.max(offset, size - tailBytes);
  if (size <= start) return '';
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
    const text = buffer.subarray(0, bytesRead).toString('utf8');
    const lines = start > offset ? text.slice(text.indexOf('\n') + 1) : text;
    // eslint-disable-next-line no-control-regex -- a terminal must not be told what to do by a log
    return lines.replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '').trim();
  } finally {
    await file.close();
  }
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then((found) => found.size, () => 0);
}
