/**
 * Every secret that the adapter has met: named to core, and taken out of what a registry says before it is repeated.
 * @module
 */

/** Tokens live for minutes; the last ones are enough to recognise what may still be on its way into a log. */
const mostTokens = 256;

export interface SecretBook {
  /** A password or an identity token: kept for good. */
  credential(secret: string): void;
  /** A short-lived token. */
  token(secret: string): void;
  all(): readonly string[];
  /** The text with every secret replaced. */
  readonly hide: (text: string) => string;
}

export function createSecretBook(): SecretBook {
  const credentials = new Set<string>();
  const tokens = new Set<string>();
  const all = (): readonly string[] => [...credentials, ...tokens];
  return {
    credential: (secret) => {
      if (secret !== '') credentials.add(secret);
    },
    token: (secret) => {
      if (secret === '') return;
      tokens.delete(secret);
      tokens.add(secret);
      for (const oldest of tokens) {
        if (tokens.size <= mostTokens) break;
        tokens.delete(oldest);
      }
    },
    all,
    hide: (text) => [...all()].sort((a, b) => b.length - a.length).reduce((rest, secret) => rest.replaceAll(secret, '***'), text),
  };
}
