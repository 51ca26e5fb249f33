/**
 * Reads one layer as an engine would that pulls it: its bytes, what they unpack to, and whether that is an archive (R40).
 * @module
 */
import type { RegistryError } from '../errors/index.js';
import { hashFor, isDigest, type Digest } from '../image/index.js';
import type { Call } from '../ports/index.js';
import { err, ok, type Result } from '../result.js';
import { ArchiveReader } from './archive-reader.js';
import { readBlob, type BlobToRead, type ReadContent } from './read-blob.js';
import { packingBytes, packingOf, unpacker, type Packing, type Unpacker } from './unpack.js';

export interface ReadLayer extends ReadContent {
  readonly packing: Packing;
  /** Undefined where this Node cannot unpack it. */
  readonly unpacked?: {
    /** Bytes; one more than allowed where there are too many. */
    readonly bytes: number;
    /** By each algorithm that was asked for; empty where it could not be unpacked to the end. */
    readonly digests: readonly Digest[];
    /** Why it cannot be unpacked, or is no archive. */
    readonly fault?: string;
    /** Whether the archive's end is marked. */
    readonly ended: boolean;
  };
}

/** @param diffIds What it should unpack to; says which digests to compute. */
export async function readLayer(blob: BlobToRead, diffIds: readonly string[], maxUnpackedBytes: number, call: Call): Promise<Result<ReadLayer, RegistryError>> {
  const layer = unpackLayer(diffIds, maxUnpackedBytes);
  const read = await readBlob(blob, (chunk) => layer.write(chunk), call);
  if (read.isErr()) {
    layer.stop();
    return err(read.error);
  }
  return ok({ ...read.value, ...(await layer.end()) });
}

interface LayerUnpacking {
  write(chunk: Uint8Array): Promise<void>;
  end(): Promise<Pick<ReadLayer, 'packing' | 'unpacked'>>;
  stop(): void;
}

function unpackLayer(diffIds: readonly string[], maxUnpackedBytes: number): LayerUnpacking {
  const archive = new ArchiveReader();
  const algorithms = new Map(diffIds.filter(isDigest).map((id) => [id.slice(0, id.indexOf(':')), id]));
  const hashes = [...algorithms.values()].map(hashFor);
  let bytes = 0;
  const take = (piece: Uint8Array): boolean => {
    bytes += piece.length;
    for (const hash of hashes) hash.update(piece);
    archive.write(piece);
    return bytes <= maxUnpackedBytes;
  };

  // How it is packed is known with its first bytes, which may come one by one.
  let beginning: Uint8Array | undefined = new Uint8Array();
  let packing: Packing = 'none';
  let unpacking: Unpacker | null = null;
  const begin = async (first: Uint8Array): Promise<void> => {
    beginning = undefined;
    packing = packingOf(first);
    unpacking = unpacker(packing, take);
    await unpacking?.write(first);
  };

  return {
    write: async (chunk) => {
      if (beginning === undefined) return unpacking?.write(chunk);
      beginning = Buffer.concat([beginning, chunk]);
      if (beginning.length >= packingBytes) await begin(beginning);
    },
    stop: () => unpacking?.stop(),
    end: async () => {
      if (beginning !== undefined) await begin(beginning);
      if (unpacking === null) return { packing };
      await unpacking.end();
      archive.end();
      const tooMany = bytes > maxUnpackedBytes;
      const fault = unpacking.fault ?? (tooMany ? undefined : archive.fault);
      const whole = unpacking.fault === undefined && !tooMany;
      return { packing, unpacked: { bytes, digests: whole ? hashes.map((hash) => hash.digest()) : [], ended: archive.ended, ...(fault === undefined ? {} : { fault }) } };
    },
  };
}
