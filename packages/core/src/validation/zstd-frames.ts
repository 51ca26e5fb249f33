/**
 * Finds the frames of a zstd stream as it goes by. Node unpacks the first frame and drops what follows, and tools write
 * many: a frame for each file, with tables of contents in frames that are to be skipped.
 * @see https://www.rfc-editor.org/rfc/rfc8878
 * @module
 */

export interface FrameReader {
  /** A frame with content begins. */
  begin(): Promise<void>;
  bytes(part: Uint8Array): Promise<void>;
  end(): Promise<void>;
}

/** What is waited for: so many bytes of a header, which `read` then takes; or so many bytes to hand on or to drop. */
type Want = { readonly header: number; readonly read: (header: Buffer) => Promise<Want> | Want } | { readonly pass: number; readonly kept: boolean; readonly next: () => Promise<Want> | Want };

export class ZstdFrames {
  /** Why this is no zstd stream. */
  fault: string | undefined;
  readonly #reader: FrameReader;
  #want: Want;
  #header = Buffer.alloc(0);
  #left = 0;
  /** Whether a frame has begun that has not ended. */
  #open = false;
  #frames = 0;

  constructor(reader: FrameReader) {
    this.#reader = reader;
    this.#want = this.#magic();
  }

  async write(chunk: Uint8Array): Promise<void> {
    let rest = chunk;
    while (rest.length > 0 && this.fault === undefined) {
      if ('header' in this.#want) {
        const taken = rest.subarray(0, this.#want.header - this.#header.length);
        this.#header = Buffer.concat([this.#header, taken]);
        rest = rest.subarray(taken.length);
        if (this.#header.length < this.#want.header) return;
        const header = this.#header;
        this.#header = Buffer.alloc(0);
        await this.#next(await this.#want.read(header));
      } else {
        const taken = rest.subarray(0, this.#left);
        this.#left -= taken.length;
        rest = rest.subarray(taken.length);
        if (this.#want.kept) await this.#reader.bytes(taken);
        if (this.#left === 0) await this.#next(await this.#want.next());
      }
    }
  }

  /** Nothing more comes. */
  end(): void {
    if (this.fault === undefined && (this.#open || this.#header.length > 0 || this.#left > 0)) this.fault = `it ends in the middle of frame ${String(this.#frames + 1)}`;
  }

  async #next(want: Want): Promise<void> {
    this.#want = want;
    // What has no bytes is over at once.
    while ('pass' in this.#want && this.#want.pass === 0) this.#want = await this.#want.next();
    this.#left = 'pass' in this.#want ? this.#want.pass : 0;
  }

  #magic(): Want {
    return {
      header: 4,
      read: async (magic) => {
        this.#open = true;
        const number = magic.readUInt32LE();
        if (number >>> 4 === 0x184d2a5) return { header: 4, read: (size) => ({ pass: size.readUInt32LE(), kept: false, next: () => this.#ended() }) };
        if (number !== 0xfd2fb528) {
          this.fault = `what follows frame ${String(this.#frames)} is no frame`;
          return this.#magic();
        }
        await this.#reader.begin();
        await this.#reader.bytes(magic);
        return { header: 1, read: (descriptor) => this.#frame(descriptor) };
      },
    };
  }

  async #frame(descriptor: Buffer): Promise<Want> {
    await this.#reader.bytes(descriptor);
    const flags = descriptor[0] ?? 0;
    const isSingle = (flags & 0x20) !== 0;
    const contentSize = [isSingle ? 1 : 0, 2, 4, 8][flags >>> 6] ?? 0;
    const dictionary = [0, 1, 2, 4][flags & 3] ?? 0;
    const checksum = (flags & 4) === 0 ? 0 : 4;
    return { pass: (isSingle ? 0 : 1) + dictionary + contentSize, kept: true, next: () => this.#block(checksum) };
  }

  #block(checksum: number): Want {
    return {
      header: 3,
      read: async (header) => {
        await this.#reader.bytes(header);
        const word = header.readUIntLE(0, 3);
        const type = (word >>> 1) & 3;
        if (type === 3) this.fault = `a block of frame ${String(this.#frames + 1)} is of no known type`;
        // A block that repeats one byte holds that byte.
        const size = type === 1 ? 1 : word >>> 3;
        const isLast = (word & 1) === 1;
        return { pass: isLast ? size + checksum : size, kept: true, next: isLast ? () => this.#finish() : () => this.#block(checksum) };
      },
    };
  }

  async #finish(): Promise<Want> {
    await this.#reader.end();
    return this.#ended();
  }

  #ended(): Want {
    this.#open = false;
    this.#frames += 1;
    return this.#magic();
  }
}
