/**
 * The end of an output, in whatever pieces it came.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { OutputTail } from '../../src/tests/output-tail.js';

function tailOf(text: string, limitBytes: number, pieceBytes: number): string {
  const tail = new OutputTail(limitBytes);
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += pieceBytes) tail.add(bytes.subarray(at, at + pieceBytes));
  return tail.text();
}

describe('OutputTail', () => {
  it.each([1, 2, 3, 7, 100])('does not depend on the pieces: %i bytes each', (piece) => {
    expect(tailOf('first\nsecond\nthird ä€😀\n', 20, piece)).toBe('third ä€😀');
    expect(tailOf('short', 20, piece)).toBe('short');
    expect(tailOf('😀'.repeat(100), 10, piece)).toBe('😀😀');
  });

  it('leaves colours, titles and control characters out', () => {
    expect(tailOf('\u001b[31mred\u001b[0m\u0007 \u001b]0;title\u0007\u001b]8;;http://x\u001b\\link\r\nnext\u0000', 200, 5)).toBe('red link\nnext');
  });

  it('never exceeds its limit, also where broken bytes grow', () => {
    const tail = new OutputTail(50);
    for (let n = 0; n < 100; n += 1) tail.add(Buffer.from([0xff, 0xfe]));
    expect(Buffer.byteLength(tail.text())).toBeLessThanOrEqual(50);
  });

  it('is empty where nothing was written', () => {
    expect(new OutputTail().text()).toBe('');
  });
});
