import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { processStream } from '../../src/output/process-stream.js';

function streamOf(size: { readonly columns?: number; readonly rows?: number } = {}) {
  const written: string[] = [];
  const lost: string[] = [];
  const raw = Object.assign(new EventEmitter(), { isTTY: true, columns: 80, rows: 24, ...size, write: (text: string) => written.push(text) > 0 });
  const stream = processStream(raw, ({ message }) => lost.push(message));
  return { stream, written, lost, breakWith: (code: string) => raw.emit('error', Object.assign(new Error(`${code}: write`), { code })) };
}

describe('a stream of the process', () => {
  it('drops what is written after its reader has gone, and says nothing of it', () => {
    const { stream, written, lost, breakWith } = streamOf();
    stream.write('one');
    breakWith('EPIPE');
    stream.write('two');
    breakWith('ENOSPC');
    expect([written, lost]).toEqual([['one'], []]);
  });

  it('tells once of every other fault, which loses what somebody still wants', () => {
    const { stream, written, lost, breakWith } = streamOf();
    breakWith('ENOSPC');
    breakWith('ENOSPC');
    stream.write('one');
    expect([written, lost]).toEqual([[], ['ENOSPC: write']]);
  });

  it('does not know the size of a terminal that has no columns or rows', () => {
    const { stream } = streamOf({ columns: 0, rows: 0 });
    expect([stream.columns(), stream.rows()]).toEqual([undefined, undefined]);
    expect([streamOf().stream.columns(), streamOf().stream.rows()]).toEqual([80, 24]);
  });
});
