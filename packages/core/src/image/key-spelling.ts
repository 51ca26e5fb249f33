/**
 * Keys in another spelling of upper and lower case than the specification's. Programs written in Go, as registries and
 * engines are, take them for the same key, and the last one counts: such a document is one thing here and another where
 * it runs. So it is refused, also where the key stands only once.
 * @see https://pkg.go.dev/encoding/json#Unmarshal
 * @module
 */
import type { FieldFault } from './json-document.js';

/** Keys by what they have in common with their other spellings. */
export type KnownKeys = ReadonlyMap<string, string>;

/** Also what is no letter of ASCII may be another spelling: the long s of `layerſ`, and the sign of the kelvin. */
const folded = (key: string): string => key.toUpperCase().toLowerCase();

export function knownKeys(...keys: readonly string[]): KnownKeys {
  return new Map(keys.map((key) => [folded(key), key]));
}

/** The first key that is another spelling of one that is known. Unknown keys are nobody's business. */
export function findMisspelt(value: Readonly<Record<string, unknown>>, known: KnownKeys, path: string): FieldFault | undefined {
  for (const key of Object.keys(value)) {
    const meant = known.get(folded(key));
    if (meant !== undefined && meant !== key) return { field: `${path}${key}`, what: `is another spelling of ${meant}, which some programs take for the same` };
  }
  return undefined;
}
