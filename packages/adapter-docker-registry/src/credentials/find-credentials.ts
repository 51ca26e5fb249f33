/**
 * Places where a login may be found, one after the other.
 * @module
 */
import type { CredentialProvider, FoundCredentials } from '../client/credentials.js';

/** Null: nothing is known here of that repository, look elsewhere. */
export type FindCredentials = (...asked: Parameters<CredentialProvider>) => Promise<FoundCredentials | null>;

/** Asks each place until one knows. A note of one that found no login is kept for the message. */
export function firstOf(places: readonly FindCredentials[]): CredentialProvider {
  return async (registry, repository, signal) => {
    const notes: string[] = [];
    for (const find of places) {
      const found = await find(registry, repository, signal);
      if (found === null) continue;
      // Somebody who says "no login" means it; a configuration that has none says nothing.
      if (found.credentials !== null || found.note === undefined) return found;
      notes.push(found.note);
    }
    return { credentials: null, ...(notes.length === 0 ? {} : { note: notes.join('; ') }) };
  };
}
