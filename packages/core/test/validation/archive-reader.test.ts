import { spawnSync } from 'node:child_process';
import { mkdtemp, mkdir, rm, truncate, writeFile, symlink, link } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArchiveReader } from '../../src/validation/archive-reader.js';
import { endOfArchive, entry, summed, tarOf } from './layers.js';

function read(bytes: Uint8Array, pieceBytes = bytes.length): ArchiveReader {
  const reader = new ArchiveReader();
  for (let at = 0; at < bytes.length; at += pieceBytes) reader.write(bytes.subarray(at, at + pieceBytes));
  reader.end();
  return reader;
}

const extended = (records: string, type = 'x') => ({ name: 'PaxHeader', type, content: records });
const binary = (size: number): Buffer => {
  const field = Buffer.alloc(12);
  field.writeBigUInt64BE(BigInt(size), 4);
  field[0] = 0x80;
  return field;
};

describe('ArchiveReader', () => {
  it.each<[string, Buffer, number]>([
    ['files, directories and links', tarOf({ name: 'd/', type: '5' }, { name: 'd/f', content: 'x'.repeat(513) }, { name: 'l', type: '2', size: 99 }, { name: 'h', type: '1', size: 4096 }, { name: 'old', type: '\0', content: 'y' }), 5],
    ['names in extended headers', tarOf(extended('30 path=a/very/long/name/of/f\n'), { name: 'f', content: 'x' }, extended('19 comment=for all\n', 'g'), { name: 'g' }), 4],
    ['a size in an extended header', tarOf(extended('12 size=600\n'), { name: 'f', content: 'x'.repeat(600), size: 0 }), 2],
    ['a size in binary', tarOf({ name: 'f', content: 'x'.repeat(700), size: binary(700) }), 1],
    ['GNU long names', tarOf({ name: '././@LongLink', type: 'L', content: `${'n'.repeat(300)}\0` }, { name: 'n', content: 'x' }), 2],
    ['bytes behind the end', Buffer.concat([tarOf({ name: 'f' }), Buffer.from('anything at all')]), 1],
  ])('reads %s, in pieces of any size', (_name, bytes, entries) => {
    for (const size of [bytes.length, 1, 7, 512, 513]) {
      const reader = read(bytes, size);
      expect([size, reader.fault, reader.entries, reader.ended]).toEqual([size, undefined, entries, true]);
    }
  });

  it('reads the pieces of a sparse file', () => {
    const header = entry({ name: 's', type: 'S', content: 'x'.repeat(20) }).subarray(0, 512);
    header[482] = 1;
    const more = Buffer.alloc(512);
    more[504] = 1;
    const bytes = Buffer.concat([summed(header), more, Buffer.alloc(512), Buffer.alloc(512, 'x'), endOfArchive]);
    expect(read(bytes)).toMatchObject({ fault: undefined, entries: 1, ended: true });
  });

  it.each<[string, Buffer, RegExp]>([
    ['no header', Buffer.alloc(600, 'a'), /does not begin with a tar header/],
    ['a header whose sum is wrong', (() => { const bytes = tarOf({ name: 'f' }, { name: 'g' }); bytes[512] = 0x7a; return bytes; })(), /after entry 1, at byte 512, is none/],
    ['one empty block in the middle', Buffer.concat([entry({ name: 'f' }), Buffer.alloc(512), tarOf({ name: 'g' })]), /is none/],
    ['a content that is cut', tarOf({ name: 'f', content: 'x'.repeat(2000) }).subarray(0, 1500), /in the middle of entry 1, after 1500 bytes/],
    ['a header that is cut', tarOf({ name: 'f' }).subarray(0, 100), /in the middle of entry 0/],
    ['an extended header without its entry', Buffer.concat([entry(extended('12 size=600\n'))]), /that does not come/],
    ['an extended header that is none', tarOf(extended('99 size=600\n'), { name: 'f' }), /extended header of entry 1 is none/],
    ['an extended header without end', tarOf({ name: 'p', type: 'x', size: 2_000_000 }), /has 2000000 bytes/],
    ['a size that is no number', tarOf({ name: 'f', size: Buffer.from('12x45678901\0') }), /size of entry 1 is none/],
    ['a size below zero', tarOf({ name: 'f', size: Buffer.alloc(12, 0xff) }), /size of entry 1 is none/],
    ['a size beyond all numbers', tarOf({ name: 'f', size: Buffer.from([0x80, ...Buffer.alloc(11, 0x7f)]) }), /size of entry 1 is none/],
  ])('finds %s', (_name, bytes, fault) => {
    for (const size of [bytes.length, 1, 100]) expect(read(bytes, size).fault).toMatch(fault);
  });

  it('knows an archive without its mark of the end', () => {
    expect(read(entry({ name: 'f' }))).toMatchObject({ fault: undefined, ended: false });
    expect(read(Buffer.alloc(0))).toMatchObject({ fault: undefined, ended: false, entries: 0 });
  });

  it('neither throws nor hangs on anything, and says the same however the bytes come', () => {
    const archive = tarOf({ name: 'd/', type: '5' }, extended('12 size=600\n'), { name: 'f', content: 'x'.repeat(600) });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(archive.length - 1), fc.nat(255)), { maxLength: 4 }), fc.integer({ min: 1, max: 700 }), fc.nat(archive.length), (changes, size, length) => {
        const bytes = Buffer.from(archive);
        for (const [at, value] of changes) bytes[at] = value;
        const cut = bytes.subarray(0, length);
        const [whole, pieces] = [read(cut), read(cut, size)];
        expect([pieces.fault, pieces.entries, pieces.ended]).toEqual([whole.fault, whole.entries, whole.ended]);
      }),
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => void read(bytes, 100)));
  });

  it.each([['ustar'], ['gnu'], ['posix'], ['v7'], ['oldgnu']])('reads what tar --format=%s writes', async (format) => {
    const directory = await mkdtemp(join(tmpdir(), 'davit-tar-'));
    try {
      await mkdir(join(directory, 'in/deep'), { recursive: true });
      await writeFile(join(directory, 'in/a'), 'a'.repeat(1500));
      await link(join(directory, 'in/a'), join(directory, 'in/hard'));
      await symlink('a', join(directory, 'in/soft'));
      const long = format === 'v7' || format === 'ustar' ? 'deep/short' : `deep/${'long-name-'.repeat(18)}`;
      await writeFile(join(directory, 'in', long), 'b');
      // A file with holes, which the formats of GNU and POSIX keep as holes.
      await writeFile(join(directory, 'in/holes'), 'c');
      await truncate(join(directory, 'in/holes'), 5_000_000);
      const sparse = format === 'v7' || format === 'ustar' ? [] : ['--sparse'];
      const { status, stdout, stderr } = spawnSync('tar', ['-c', `--format=${format}`, ...sparse, '-C', join(directory, 'in'), '.'], { maxBuffer: 1 << 26 });
      expect([status, stderr.toString()]).toEqual([0, '']);
      expect(read(stdout, 1000)).toMatchObject({ fault: undefined, ended: true });
      expect(read(stdout.subarray(0, 3000)).fault).toMatch(/in the middle/);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
});
