/**
 * Reads an image's configuration, verified, and tells a fault of the image from a fault of the way to it.
 * @module
 */
import { failure, type RegistryError } from '../errors/index.js';
import { digestAlgorithm, digestOf, maxConfigBytes, type Descriptor, type DigestReference } from '../image/index.js';
import { streamFault, type Call, type ImageSource } from '../ports/index.js';
import { err, ok, type Result } from '../result.js';

export type ConfigRead = { readonly bytes: Uint8Array } | { readonly code: string; readonly message: string };

export async function readConfig(config: Descriptor, of: DigestReference, source: ImageSource, call: Call): Promise<Result<ConfigRead, RegistryError>> {
  const { size } = config;
  if (size > maxConfigBytes) return ok({ code: 'config_too_large', message: `the configuration has ${String(size)} bytes; at most ${String(maxConfigBytes)} are read` });
  const first = await readOnce(config, of, source, call);
  // Once, wrong bytes may be the fault of whatever is between the registry and us.
  return first.isOk() && 'code' in first.value && first.value.code === 'config_damaged' ? readOnce(config, of, source, call) : first;
}

async function readOnce({ digest, size }: Descriptor, of: DigestReference, source: ImageSource, call: Call): Promise<Result<ConfigRead, RegistryError>> {
  const blob: DigestReference = { ...of, digest };
  const read = await collect(blob, size, source, call);
  if (read.isErr()) return read.error.code === 'blob_not_found' ? ok({ code: 'config_missing', message: `configuration ${digest} is missing` }) : err(read.error);
  const bytes = read.value;
  if (bytes.length !== size) {
    // Cut on the way, or stored with another size? The registry's own word decides.
    const stored = await source.statBlob(blob, call);
    if (stored.isErr()) return err(stored.error);
    if (stored.value === size) return err(failure('size_mismatch', `configuration ${digest} has ${String(size)} bytes, and ${String(bytes.length)} came`, { digest, expected: size, actual: bytes.length, retryable: true }));
    return ok({ code: 'config_size', message: `configuration ${digest} has ${String(stored.value)} bytes, and the manifest says ${String(size)}` });
  }
  const actual = digestOf(bytes, digestAlgorithm(digest));
  return ok(actual === digest ? { bytes } : { code: 'config_damaged', message: `configuration ${digest} came with the digest ${actual}, twice` });
}

/** The bytes of a blob; reading ends soon after there are more than expected. */
async function collect(blob: DigestReference, size: number, source: ImageSource, call: Call): Promise<Result<Uint8Array, RegistryError>> {
  const opened = await source.readBlob(blob, 0, call);
  if (opened.isErr()) return err(opened.error);
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const part of opened.value.body) {
      parts.push(part);
      length += part.length;
      if (length > size) break;
    }
  } catch (thrown) {
    const fault = streamFault(thrown);
    if (fault === undefined) throw thrown;
    return err(fault);
  }
  return ok(Buffer.concat(parts));
}
