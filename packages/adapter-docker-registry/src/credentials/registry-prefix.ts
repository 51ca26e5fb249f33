/**
 * Finds what is configured for a repository among entries by registry, or by registry and path.
 * @module
 */

/** Docker Hub goes by several names. */
const dockerHub = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io']);

/** `https://registry.example.com/v2/` and `registry.example.com` are one. */
function normalised(key: string): string {
  const [host = '', ...path] = key.replace(/^https?:\/\//i, '').replace(/\/+$/, '').split('/');
  const rest = path.length === 1 && /^v[12]$/.test(path.join('')) ? [] : path;
  const lower = host.toLowerCase();
  return [dockerHub.has(lower) ? 'docker.io' : lower, ...rest].join('/');
}

/** The entry with the longest key that is the registry itself, or a path in it that leads to the repository. Null where there is none. */
export function mostSpecific<T>(entries: Readonly<Record<string, T>>, registry: string, repository: string): { readonly key: string; readonly value: T } | null {
  const whole = `${normalised(registry)}/${repository}`;
  let best: { readonly key: string; readonly value: T } | null = null;
  let bestLength = -1;
  for (const [key, value] of Object.entries(entries)) {
    const prefix = normalised(key);
    if (prefix.length > bestLength && (whole === prefix || whole.startsWith(`${prefix}/`))) {
      best = { key, value };
      bestLength = prefix.length;
    }
  }
  return best;
}
