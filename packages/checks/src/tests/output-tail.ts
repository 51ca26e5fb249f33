/**
 * The end of a stream of output, however long it is: what a person reads first when something failed.
 * @module
 */
const defaultLimitBytes = 4096;

export class OutputTail {
  #kept: Uint8Array[] = [];
  #keptBytes = 0;
  #isCut = false;
  readonly #limitBytes: number;

  constructor(limitBytes = defaultLimitBytes) {
    this.#limitBytes = limitBytes;
  }

  add(chunk: Uint8Array): void {
    this.#kept.push(chunk);
    this.#keptBytes += chunk.length;
    // Joined only now and then, so that many small chunks cost no more than one large one.
    if (this.#keptBytes > 4 * this.#limitBytes) this.#shorten();
  }

  /** The last lines, without colours and control characters; at most the limit in bytes. */
  text(): string {
    this.#shorten();
    let bytes: Uint8Array = this.#kept[0] ?? new Uint8Array();
    // Not in the middle of a character, and better not in the middle of a line.
    if (this.#isCut) {
      let start = 0;
      while (start < bytes.length && ((bytes[start] ?? 0) & 0xc0) === 0x80) start += 1;
      const lineEnd = bytes.indexOf(0x0a);
      bytes = bytes.subarray(lineEnd >= 0 && lineEnd < bytes.length - 1 ? lineEnd + 1 : start);
    }
    const plain = new TextDecoder().decode(bytes).replace(escapes, '').replace(/\r\n?/g, '\n').replace(controls, '').trimEnd();
    return atMost(plain, this.#limitBytes);
  }

  #shorten(): void {
    const all = Buffer.concat(this.#kept);
    this.#isCut ||= all.length > this.#limitBytes;
    // A copy: a view would keep the whole of it in memory.
    this.#kept = [Uint8Array.from(all.subarray(Math.max(0, all.length - this.#limitBytes)))];
    this.#keptBytes = this.#kept[0]?.length ?? 0;
  }
}

// Terminal sequences: colours and cursor movements, titles, and the rest.
// eslint-disable-next-line no-control-regex -- they are what is looked for
const escapes = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;
// eslint-disable-next-line no-control-regex -- as above
const controls = /[\u0000-\u0008\u000b-\u001f\u007f]/g;

/** Broken bytes grow when they are decoded, so the text is measured again. */
function atMost(text: string, limitBytes: number): string {
  let cut = text;
  while (Buffer.byteLength(cut) > limitBytes) cut = cut.slice(Math.max(1, Math.ceil((Buffer.byteLength(cut) - limitBytes) / 3)));
  return cut;
}
