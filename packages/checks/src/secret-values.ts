/**
 * Which named values are secrets (environment variables, headers, query parameters), by the names that people give them.
 * @module
 */
const secretName = /(?:^|[_-])(?:TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|API[_-]?KEY|ACCESS[_-]?KEY|PRIVATE[_-]?KEY|CREDENTIALS?|AUTH|AUTHORIZATION|COOKIE|SIG|SIGNATURE)(?:[_-]|$)/i;

/** A shorter value is no secret worth the name, and hiding it would hide ordinary words. */
const shortestSecret = 8;

export function secretValues(named: Iterable<readonly [name: string, value: string | undefined]>): readonly string[] {
  const secrets = new Set<string>();
  for (const [name, value] of named) {
    if (value === undefined || !secretName.test(name)) continue;
    // `Bearer abc…` is a secret as a whole, and so is what follows the scheme.
    for (const secret of [value, value.replace(/^(?:Basic|Bearer|Digest|Token) +/i, '')]) if (secret.length >= shortestSecret) secrets.add(secret);
  }
  return [...secrets];
}
