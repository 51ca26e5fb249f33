/**
 * Looks the credentials of a repository up, for whoever needs them: once for those who ask at the same time, and for nobody
 * who has stopped waiting. What is found is a secret from then on.
 * @module
 */
import { err, failure, ok, type RegistryError, type Result } from '@davit/core/adapter';
import { factsOf, sentence, type Asked } from './asked.js';
import type { CredentialProvider, Credentials, FoundCredentials } from './credentials.js';
import { interrupted } from './errors.js';
import type { SecretBook } from './secret-book.js';
import { createSharedWork } from './shared-work.js';

export type CredentialLookup = (asked: Asked, signal: AbortSignal) => Promise<Result<FoundCredentials, RegistryError>>;

export function createCredentialLookup(provider: CredentialProvider, secrets: SecretBook): CredentialLookup {
  const lookups = createSharedWork<Result<FoundCredentials, string>>();
  return async (asked, signal) => {
    // The function may be the user's own, and deaf to the signal.
    const found = await lookups.join(`${asked.registry}/${asked.repository}`, signal, async (until) => {
      try {
        return ok(await provider(asked.registry, asked.repository, until));
      } catch (thrown) {
        return err(secrets.hide(thrown instanceof Error ? thrown.message : 'the function that gives them failed'));
      }
    });
    if (found === null) return err(interrupted(asked));
    if (found.isErr()) return err(failure('registry_unauthorized', `${sentence(asked)}: the credentials cannot be had: ${found.error}`, factsOf(asked)));
    if (found.value.credentials !== null) secrets.credential(secretOf(found.value.credentials));
    return ok(found.value);
  };
}

/** What of credentials is secret. */
export function secretOf(credentials: Credentials): string {
  if ('username' in credentials) return credentials.password;
  return 'token' in credentials ? credentials.token : credentials.identityToken;
}
