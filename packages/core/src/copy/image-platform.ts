/**
 * What machine an image is for that stands alone: no index says so, and its configuration is read.
 * @module
 */
import { failure, type RegistryError } from '../errors/index.js';
import { isConfigType, maxConfigBytes, parseImageConfig, type Descriptor, type DigestReference, type ImageManifest, type Platform } from '../image/index.js';
import { streamFault, type Call, type ImageSource } from '../ports/index.js';
import { err, ok, type Result } from '../result.js';
import { verifiedContent } from './verified-content.js';

/** Null for an artifact: it is for no machine in particular. */
export async function imagePlatform({ config }: ImageManifest, source: ImageSource, from: DigestReference, call: Call): Promise<Result<Platform | null, RegistryError>> {
  if (!isConfigType(config.mediaType)) return ok(null);
  const { digest, size } = config;
  if (size > maxConfigBytes) return err(failure('document_invalid', `configuration ${digest} has ${String(size)} bytes; at most ${String(maxConfigBytes)} are read`, { digest, expected: maxConfigBytes, actual: size }));
  const first = await readOnce(config, source, from, call);
  // Once, wrong bytes may be the fault of whatever is between the registry and us.
  const bytes = first.isErr() && first.error.code === 'digest_mismatch' ? await readOnce(config, source, from, call) : first;
  return bytes.andThen(parseImageConfig).map(({ platform }) => platform);
}

async function readOnce(config: Descriptor, source: ImageSource, from: DigestReference, call: Call): Promise<Result<Uint8Array, RegistryError>> {
  const content = verifiedContent(config, (offset, inner) => source.readBlob({ ...from, digest: config.digest }, offset, inner));
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
