/**
 * Reads an image's configuration, verified, and tells a fault of the image from a fault of the way to it.
 * @module
 */
import type { RegistryError } from '../errors/index.js';
import type { Descriptor, DigestReference } from '../image/index.js';
import { verifiedContent } from '../copy/verified-content.js';
import { streamFault, type Call, type ImageSource } from '../ports/index.js';
import { err, ok, type Result } from '../result.js';

/** Larger configurations exist only to hurt. */
const maxConfigBytes = 8 * 1024 * 1024;

export type ConfigRead = { readonly bytes: Uint8Array } | { readonly code: string; readonly message: string };

export async function readConfig(config: Descriptor, of: DigestReference, source: ImageSource, call: Call): Promise<Result<ConfigRead, RegistryError>> {
  const { digest, size } = config;
  if (size > maxConfigBytes) return ok({ code: 'config_too_large', message: `the configuration has ${String(size)} bytes; at most ${String(maxConfigBytes)} are read` });
  const blob: DigestReference = { ...of, digest };
  const bytes = await collect(verifiedContent(config, (offset, inner) => source.readBlob(blob, offset, inner)), call);
  if (bytes.isOk()) return ok({ bytes: bytes.value });
  const { error } = bytes;
  if (error.code === 'blob_not_found') return ok({ code: 'config_missing', message: `configuration ${digest} is missing` });
  if (error.code === 'digest_mismatch') return ok({ code: 'config_damaged', message: error.message });
  if (error.code !== 'size_mismatch') return err(error);
  // Cut on the way, or stored too short? The registry's own word for the size decides.
  const stored = await source.statBlob(blob, call);
  if (stored.isErr()) return err(stored.error);
  return stored.value === size ? err(error) : ok({ code: 'config_size', message: `configuration ${digest} has ${String(stored.value)} bytes, and the manifest says ${String(size)}` });
}

async function collect(content: ReturnType<typeof verifiedContent>, call: Call): Promise<Result<Uint8Array, RegistryError>> {
  const opened = await content.open(0, call);
  if (opened.isErr()) return err(opened.error);
  const parts: Uint8Array[] = [];
  try {
    for await (const part of opened.value.body) parts.push(part);
  } catch (thrown) {
    const fault = streamFault(thrown);
    if (fault === undefined) throw thrown;
    return err(fault);
  }
  return ok(Buffer.concat(parts));
}
