/**
 * Unpacks a layer while it streams by. The only file that imports node:zlib.
 * @module
 */
import * as zlib from 'node:zlib';
import type { Transform } from 'node:stream';
import { ZstdFrames } from './zstd-frames.js';

/** How the bytes of a layer are packed, as their beginning says. */
export type Packing = 'gzip' | 'zstd' | 'none';

/** So many bytes tell one packing from another. */
export const packingBytes = 4;

export function packingOf(beginning: Uint8Array): Packing {
  const [a, b, c, d] = beginning;
  if (a === 0x1f && b === 0x8b) return 'gzip';
  if (a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd) return 'zstd';
  // A zstd stream may begin with a frame that is skipped, as tables of contents are.
  if (a !== undefined && a >= 0x50 && a <= 0x5f && b === 0x2a && c === 0x4d && d === 0x18) return 'zstd';
  return 'none';
}

export interface Unpacker {
  /** Resolves when more may come. Bytes after a fault are dropped. */
  write(chunk: Uint8Array): Promise<void>;
  /** Resolves when everything has been given out. */
  end(): Promise<void>;
  /** Nothing more is wanted. */
  stop(): void;
  /** Why it cannot be unpacked. */
  readonly fault: string | undefined;
}

/**
 * Gives what was packed to `take`, piece by piece; one that answers false has had enough. Null where this Node cannot
 * unpack it: zstd needs Node 22.15 or later.
 */
export function unpacker(packing: Packing, take: (piece: Uint8Array) => boolean): Unpacker | null {
  if (packing === 'gzip') return gzipUnpacker(take);
  if (packing === 'zstd') return zstdUnpacker(take);
  let enough = false;
  return {
    fault: undefined,
    write: (chunk) => {
      enough ||= !take(chunk);
      return Promise.resolve();
    },
    end: () => Promise.resolve(),
    stop: () => undefined,
  };
}

const chunkSize = 64 * 1024;

/**
 * One member after another. Node ends at a zero byte after a member and drops what follows, which other programs refuse: all
 * that was given must have been used.
 */
function gzipUnpacker(take: (piece: Uint8Array) => boolean): Unpacker {
  const stream = zlib.createGunzip({ chunkSize });
  let given = 0;
  let enough = false;
  let fault: string | undefined;
  const members = throughStream(stream, (piece) => {
    enough ||= !take(piece);
    return !enough;
  });
  return {
    get fault() {
      return members.fault ?? fault;
    },
    write: (chunk) => {
      given += chunk.length;
      return members.write(chunk);
    },
    end: async () => {
      await members.end();
      if (!enough && members.fault === undefined && stream.bytesWritten < given) fault = `what follows after ${String(stream.bytesWritten)} bytes is no member`;
    },
    stop: () => { members.stop(); },
  };
}

/** Each frame by itself. */
function zstdUnpacker(take: (piece: Uint8Array) => boolean): Unpacker | null {
  const { createZstdDecompress } = zlib as { readonly createZstdDecompress?: (options: { readonly chunkSize: number }) => Transform };
  if (createZstdDecompress === undefined) return null;
  let frame: Unpacker | undefined;
  let fault: string | undefined;
  let enough = false;
  const frames = new ZstdFrames({
    begin: () => {
      frame = throughStream(createZstdDecompress({ chunkSize }), (piece) => {
        enough ||= !take(piece);
        return !enough;
      });
      return Promise.resolve();
    },
    bytes: (part) => frame?.write(part) ?? Promise.resolve(),
    end: async () => {
      await frame?.end();
      fault ??= frame?.fault;
      frame = undefined;
    },
  });
  return {
    get fault() {
      return fault ?? frame?.fault ?? frames.fault;
    },
    write: async (chunk) => {
      if (fault === undefined && !enough) await frames.write(chunk);
    },
    end: async () => {
      if (!enough) frames.end();
      frame?.stop();
      return Promise.resolve();
    },
    stop: () => frame?.stop(),
  };
}

function throughStream(stream: Transform, take: (piece: Uint8Array) => boolean): Unpacker {
  const state: { over: boolean; fault: string | undefined; wake: () => void } = { over: false, fault: undefined, wake: () => undefined };
  const settle = (): void => {
    state.over = true;
    state.wake();
  };
  stream.on('data', (piece: Uint8Array) => {
    if (state.over || take(piece)) return;
    settle();
    stream.destroy();
  });
  stream.on('drain', () => state.wake());
  stream.on('end', settle);
  stream.on('close', settle);
  stream.on('error', (error) => {
    state.fault ??= error.message;
    settle();
  });
  const woken = (): Promise<void> =>
    new Promise((resolve) => {
      state.wake = resolve;
    });
  return {
    get fault() {
      return state.fault;
    },
    write: async (chunk) => {
      if (state.over) return;
      const waiting = woken();
      if (!stream.write(chunk)) await waiting;
    },
    end: async () => {
      if (!state.over) stream.end();
      // A drain may come before the end does.
      while (!state.over) await woken();
    },
    stop: () => void stream.destroy(),
  };
}
