import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ZstdFrames } from '../../src/validation/zstd-frames.js';
import { zstdOf } from './layers.js';

async function split(bytes: Uint8Array, pieceBytes = Math.max(1, bytes.length)) {
  const frames: Buffer[] = [];
  const done: boolean[] = [];
  const reader = new ZstdFrames({
    begin: () => { frames.push(Buffer.alloc(0)); return Promise.resolve(); },
    bytes: (part) => { frames.push(Buffer.concat([frames.pop() ?? Buffer.alloc(0), part])); return Promise.resolve(); },
    end: () => { done.push(true); return Promise.resolve(); },
  });
  for (let at = 0; at < bytes.length; at += pieceBytes) await reader.write(bytes.subarray(at, at + pieceBytes));
  reader.end();
  return { frames: frames.map((frame) => frame.toString('hex')), ended: done.length, fault: reader.fault };
}

const one = zstdOf(Buffer.alloc(300, 'a'));
const two = zstdOf(Buffer.alloc(400, 'b'));
const skipped = (content: string): Buffer => Buffer.concat([Buffer.from([0x5a, 0x2a, 0x4d, 0x18, content.length, 0, 0, 0]), Buffer.from(content)]);
/** A window, a dictionary of two bytes, a content size of eight, a checksum; two blocks, of which one repeats a byte. */
const rich = Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xc6, 0x58, 1, 2]), Buffer.alloc(8), Buffer.from([0x02 | (100 << 3) & 0xff, (100 << 3) >> 8, 0, 0x61]), Buffer.from([0x01 | (3 << 3), 0, 0, 1, 2, 3]), Buffer.from([9, 9, 9, 9])]);

describe('ZstdFrames', () => {
  it.each<[string, Buffer, readonly Buffer[]]>([
    ['nothing', Buffer.alloc(0), []],
    ['one frame', one, [one]],
    ['two frames', Buffer.concat([one, two]), [one, two]],
    ['frames between those that are skipped', Buffer.concat([skipped('table'), one, skipped(''), two, skipped('of contents')]), [one, two]],
    ['a frame with all that a header may have', Buffer.concat([rich, one]), [rich, one]],
  ])('finds %s, in pieces of any size', async (_name, bytes, frames) => {
    for (const size of [1, 3, 7, 1000]) expect([size, await split(bytes, size)]).toEqual([size, { frames: frames.map((frame) => frame.toString('hex')), ended: frames.length, fault: undefined }]);
  });

  it.each<[string, Buffer, string]>([
    ['a frame that was cut', one.subarray(0, -1), 'it ends in the middle of frame 1'],
    ['a second one that was cut', Buffer.concat([one, two.subarray(0, 6)]), 'it ends in the middle of frame 2'],
    ['a skipped one that was cut', skipped('table').subarray(0, -2), 'it ends in the middle of frame 1'],
    ['a beginning alone', one.subarray(0, 2), 'it ends in the middle of frame 1'],
    ['something else behind a frame', Buffer.concat([one, Buffer.from('something')]), 'what follows frame 1 is no frame'],
    ['a block of no type', Buffer.concat([one.subarray(0, 7), Buffer.from([0x07, 0, 0])]), 'a block of frame 1 is of no known type'],
  ])('finds fault with %s', async (_name, bytes, fault) => {
    for (const size of [1, 1000]) expect((await split(bytes, size)).fault).toBe(fault);
  });

  it('neither throws nor hangs on anything, and says the same however the bytes come', async () => {
    const whole = Buffer.concat([skipped('x'), one, rich]);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 4 }), fc.integer({ min: 1, max: 50 }), async (changes, size) => {
        const bytes = Buffer.from(whole);
        for (const [at, value] of changes) bytes[at] = value;
        expect(await split(bytes, size)).toEqual(await split(bytes));
      }),
    );
  });
});
