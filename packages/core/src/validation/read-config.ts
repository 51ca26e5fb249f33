/**
 * Reads an image's configuration, verified, and tells a fault of the image from a fault of the way to it.
 * @module
 */
import type { RegistryError } from '../errors/index.js';
import { maxConfigBytes } from '../image/index.js';
import type { Call } from '../ports/index.js';
import { err, ok, type Result } from '../result.js';
import { readBlob, type BlobToRead } from './read-blob.js';

export type ConfigRead = { readonly bytes: Uint8Array } | { readonly code: string; readonly message: string };

export async function readConfig(config: BlobToRead, call: Call): Promise<Result<ConfigRead, RegistryError>> {
  const { size } = config.descriptor;
  if (size > maxConfigBytes) return ok({ code: 'config_too_large', message: `the configuration has ${String(size)} bytes; at most ${String(maxConfigBytes)} are read` });
  const first = await readOnce(config, call);
  // Once, wrong bytes may be the fault of whatever is between the registry and us.
  return first.isOk() && 'code' in first.value && first.value.code === 'config_damaged' ? readOnce(config, call) : first;
}

async function readOnce(config: BlobToRead, call: Call): Promise<Result<ConfigRead, RegistryError>> {
  const { digest, size } = config.descriptor;
  const parts: Uint8Array[] = [];
  const read = await readBlob(config, (part) => void parts.push(part), call);
  if (read.isErr()) return read.error.code === 'blob_not_found' ? ok({ code: 'config_missing', message: `configuration ${digest} is missing` }) : err(read.error);
  const { bytes, digest: actual } = read.value;
  // Reading ends with the first byte too many; then nobody knows how many there are.
  if (bytes > size) return ok({ code: 'config_size', message: `configuration ${digest} has more bytes than the ${String(size)} that the manifest says` });
  if (bytes < size) return ok({ code: 'config_size', message: `configuration ${digest} has ${String(bytes)} bytes, and the manifest says ${String(size)}` });
  return ok(actual === digest ? { bytes: Buffer.concat(parts) } : { code: 'config_damaged', message: `configuration ${digest} came with the digest ${actual}, twice` });
}
