/**
 * Reads a tar archive as it streams by, only to know whether it can be read: headers and lengths, no names and no content.
 * Memory does not grow with the archive.
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html
 * @see https://www.gnu.org/software/tar/manual/html_node/Standard.html
 * @module
 */

const blockSize = 512;
/** An extended header holds a few names and numbers; one that is larger exists only to hurt. */
const maxExtendedBytes = 1024 * 1024;

/** Entries of these types have no content, whatever size stands in their header: links, devices, directories, pipes. */
const withoutContent: ReadonlySet<string> = new Set(['1', '2', '3', '4', '5', '6']);

export class ArchiveReader {
  /** What is wrong with the archive; the first fault ends the reading. */
  fault: string | undefined;
  /** Entries that were met. */
  entries = 0;
  /** Whether the two empty blocks came that mark the end. */
  ended = false;
  readonly #block = Buffer.alloc(blockSize);
  #filled = 0;
  #position = 0;
  /** Bytes of content and padding still to come before the next header. */
  #left = 0;
  #emptyBlocks = 0;
  /** More headers of a sparse file follow. */
  #sparse = false;
  /** An extended header on its way: its length, and what came of it. */
  #extended: { readonly length: number; readonly parts: Uint8Array[]; came: number } | undefined;
  /** What the extended header before says of the size of the next entry. */
  #nextSize: number | undefined;

  write(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length && this.fault === undefined && !this.ended) {
      if (this.#left > 0 && !this.#sparse) {
        const taken = Math.min(this.#left, chunk.length - at);
        this.#collect(chunk.subarray(at, at + taken));
        this.#left -= taken;
        at += taken;
        this.#position += taken;
        if (this.#left === 0) this.#finishExtended();
        continue;
      }
      const taken = Math.min(blockSize - this.#filled, chunk.length - at);
      this.#block.set(chunk.subarray(at, at + taken), this.#filled);
      this.#filled += taken;
      at += taken;
      this.#position += taken;
      if (this.#filled < blockSize) continue;
      this.#filled = 0;
      this.#header();
    }
  }

  /** Nothing more comes. */
  end(): void {
    if (this.fault !== undefined || this.ended) return;
    if (this.#left > 0 || this.#filled > 0 || this.#sparse) this.fault = `it ends in the middle of entry ${String(this.entries)}, after ${String(this.#position)} bytes`;
    else if (this.#extended !== undefined || this.#nextSize !== undefined) this.fault = 'it ends after the header of an entry that does not come';
  }

  #header(): void {
    const block = this.#block;
    if (this.#sparse) {
      this.#sparse = block[504] !== 0;
      return;
    }
    if (block.every((byte) => byte === 0)) {
      this.#emptyBlocks += 1;
      this.ended = this.#emptyBlocks === 2;
      return;
    }
    const where = this.entries === 0 ? 'it does not begin with a tar header' : `the header after entry ${String(this.entries)}, at byte ${String(this.#position - blockSize)}, is none`;
    if (this.#emptyBlocks > 0 || !hasChecksum(block)) {
      this.fault = where;
      return;
    }
    this.entries += 1;
    const stated = readNumber(block.subarray(124, 136));
    const size = this.#nextSize ?? stated;
    if (size === undefined || !Number.isSafeInteger(size + blockSize)) {
      this.fault = `the size of entry ${String(this.entries)} is none`;
      return;
    }
    this.#nextSize = undefined;
    const type = String.fromCharCode(block[156] ?? 0);
    // Old GNU archives list the pieces of a sparse file in more blocks after the header.
    this.#sparse = type === 'S' && block[482] !== 0;
    this.#left = withoutContent.has(type) ? 0 : Math.ceil(size / blockSize) * blockSize;
    if (type !== 'x') return;
    if (size > maxExtendedBytes) this.fault = `the extended header of entry ${String(this.entries)} has ${String(size)} bytes`;
    else this.#extended = { length: size, parts: [], came: 0 };
    if (this.#left === 0) this.#finishExtended();
  }

  #collect(bytes: Uint8Array): void {
    const extended = this.#extended;
    if (extended === undefined) return;
    const wanted = bytes.subarray(0, Math.max(0, extended.length - extended.came));
    extended.came += wanted.length;
    // A copy: who gave the bytes may use them again.
    if (wanted.length > 0) extended.parts.push(Uint8Array.from(wanted));
  }

  #finishExtended(): void {
    const extended = this.#extended;
    if (extended === undefined) return;
    this.#extended = undefined;
    const size = sizeIn(Buffer.concat(extended.parts));
    if (size === null) this.fault = `the extended header of entry ${String(this.entries)} is none`;
    else this.#nextSize = size;
  }
}

/** The sum of all bytes, those of the sum itself taken as spaces. Some old programs took bytes as signed. */
function hasChecksum(block: Buffer): boolean {
  const stated = readNumber(block.subarray(148, 156));
  let unsigned = 0;
  let signed = 0;
  for (let at = 0; at < blockSize; at += 1) {
    const byte = at >= 148 && at < 156 ? 0x20 : (block[at] ?? 0);
    unsigned += byte;
    signed += byte > 127 ? byte - 256 : byte;
  }
  return stated === unsigned || stated === signed;
}

/** Octal digits between spaces or zero bytes; or, with the first bit set, a binary number. Undefined where it is neither. */
function readNumber(field: Buffer): number | undefined {
  const first = field[0] ?? 0;
  if ((first & 0x80) !== 0) {
    // The bit after it is that of the sign: no size is negative.
    if ((first & 0x40) !== 0) return undefined;
    let value = first & 0x3f;
    for (const byte of field.subarray(1)) value = value * 256 + byte;
    return Number.isSafeInteger(value) ? value : undefined;
  }
  const digits = field.toString('latin1').replace(/^[\0 ]+/, '').replace(/[\0 ][^]*$/, '');
  return /^[0-7]*$/.test(digits) ? Number.parseInt(digits === '' ? '0' : digits, 8) : undefined;
}

/** The value of `size` in records such as `19 size=8589934592\n`; undefined where there is none, null where these are no records. */
function sizeIn(records: Buffer): number | undefined | null {
  let size: number | undefined;
  for (let at = 0; at < records.length;) {
    const space = records.indexOf(0x20, at);
    const digits = space < 0 ? '' : records.toString('latin1', at, space);
    const length = /^[0-9]{1,7}$/.test(digits) ? Number(digits) : 0;
    if (length <= digits.length + 1 || at + length > records.length || records[at + length - 1] !== 0x0a) return null;
    const record = records.toString('latin1', space + 1, at + length - 1);
    const value = /^size=([0-9]{1,15})$/.exec(record)?.[1];
    if (value !== undefined) size = Number(value);
    at += length;
  }
  return size;
}
