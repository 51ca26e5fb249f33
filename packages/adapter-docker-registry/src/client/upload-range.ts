/**
 * The Range of an upload: how much of a blob a registry has. It is written like a request for a part, with or without a unit.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-a-blob-in-chunks
 * @module
 */

/** The last byte that the registry has; null for every text that the grammar refuses. Of no byte and of the first one it is 0. */
export function parseUploadRange(header: string | undefined): number | null {
  const last = /^(?:bytes=)?0-([0-9]{1,15})$/.exec(header ?? '')?.[1];
  return last === undefined ? null : Number(last);
}
