/**
 * Writes tar archives (POSIX ustar): files and the directories they lie in. The same input gives the same bytes.
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html
 * @module
 */

export interface TarFile {
  readonly content: string | Uint8Array;
  /** Permission bits. Default 0o644. */
  readonly mode?: number;
}

const blockSize = 512;

/** Paths are relative or absolute; both are stored relative, as image layers have them. `mtime` is in seconds since 1970. */
export function tar(files: Readonly<Record<string, string | Uint8Array | TarFile>>, mtime = 0): Buffer {
  const blocks: Buffer[] = [];
  const directories = new Set<string>();
  for (const [given, value] of Object.entries(files)) {
    const parts = given.split('/').filter((part) => part !== '' && part !== '.');
    if (parts.length === 0 || parts.includes('..')) throw new TypeError(`not a path for an image: ${JSON.stringify(given)}`);
    for (let depth = 1; depth < parts.length; depth += 1) {
      const directory = `${parts.slice(0, depth).join('/')}/`;
      if (directories.has(directory)) continue;
      directories.add(directory);
      blocks.push(header(directory, 0, 0o755, '5', mtime));
    }
    const { content, mode = 0o644 } = typeof value === 'string' || value instanceof Uint8Array ? { content: value } : value;
    const bytes = Buffer.from(content);
    blocks.push(header(parts.join('/'), bytes.length, mode, '0', mtime), bytes, Buffer.alloc((blockSize - (bytes.length % blockSize)) % blockSize));
  }
  return Buffer.concat([...blocks, Buffer.alloc(2 * blockSize)]);
}

function header(path: string, size: number, mode: number, type: '0' | '5', mtime: number): Buffer {
  const block = Buffer.alloc(blockSize);
  const { name, prefix } = splitPath(path);
  block.write(name, 0, 100);
  writeOctal(block, mode, 100, 8);
  writeOctal(block, 0, 108, 8);
  writeOctal(block, 0, 116, 8);
  writeOctal(block, size, 124, 12);
  writeOctal(block, mtime, 136, 12);
  block.write('        ', 148, 8);
  block.write(type, 156, 1);
  block.write('ustar\u000000', 257, 8, 'latin1');
  block.write(prefix, 345, 155);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8, 'latin1');
  return block;
}

/** Long paths are divided at a slash: at most 100 bytes of name after at most 155 of prefix. */
function splitPath(path: string): { readonly name: string; readonly prefix: string } {
  if (Buffer.byteLength(path) <= 100) return { name: path, prefix: '' };
  for (let slash = path.indexOf('/'); slash >= 0 && slash < path.length - 1; slash = path.indexOf('/', slash + 1)) {
    const [prefix, name] = [path.slice(0, slash), path.slice(slash + 1)];
    if (Buffer.byteLength(name) <= 100 && Buffer.byteLength(prefix) <= 155) return { name, prefix };
  }
  throw new TypeError(`the path is too long for a tar archive: ${JSON.stringify(path)}`);
}

function writeOctal(block: Buffer, value: number, offset: number, width: number): void {
  block.write(`${value.toString(8).padStart(width - 1, '0')}\0`, offset, width, 'latin1');
}
