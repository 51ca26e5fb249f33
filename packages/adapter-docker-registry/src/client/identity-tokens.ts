/**
 * Identity tokens, which some token services renew with each use, and take only once: one is used after another, and what was
 * renewed is kept until the service itself refuses it.
 * @module
 */
import { err, type RegistryError, type Result } from '@davit/core/adapter';
import type { Asked } from './asked.js';
import { interrupted } from './errors.js';
import { inTurn } from './in-turn.js';
import type { SecretBook } from './secret-book.js';
import type { Token } from './token.js';

export interface IdentityTokens {
  /** Has a token fetched with that identity token, or with what it was renewed to. */
  use(asked: Asked, given: string, signal: AbortSignal, fetch: (identityToken: string) => Promise<Result<Token, RegistryError>>): Promise<Result<Token, RegistryError>>;
}

export function createIdentityTokens(secrets: SecretBook): IdentityTokens {
  const renewed = new Map<string, string>();
  return {
    use: async (asked, given, signal, fetch) => {
      const done = await inTurn(`identity token ${given}`, signal, async () => {
        const used = renewed.get(given) ?? given;
        const fetched = await fetch(used);
        if (fetched.isOk() && fetched.value.identityToken !== null) {
          secrets.credential(fetched.value.identityToken);
          renewed.set(given, fetched.value.identityToken);
        }
        // It may have ended by itself, and what was given may have been changed meanwhile: that is tried the next time. Whatever
        // else fails says nothing of it, and without it there would be no way back.
        if (fetched.isErr() && fetched.error.code === 'registry_unauthorized') renewed.delete(given);
        return fetched;
      });
      return done ?? err(interrupted(asked));
    },
  };
}
