/**
 * What one logs in with, and who is asked for it.
 * @module
 */

/** Username and password, or a token from a former login, or a token that the registry takes as it is. */
export type Credentials = { readonly username: string; readonly password: string } | { readonly identityToken: string } | { readonly token: string };

export interface FoundCredentials {
  /** Null: go on without a login. */
  readonly credentials: Credentials | null;
  /** Why there are none, where that would puzzle people: added to the message when the registry wants a login. */
  readonly note?: string;
}

/**
 * Finds the credentials of a repository; asked each time a token is needed, so that a login may change meanwhile. Rejects
 * with an `Error` whose message tells people why the credentials cannot be read; it must not repeat them.
 */
export type CredentialProvider = (registry: string, repository: string, signal: AbortSignal) => Promise<FoundCredentials>;
