/**
 * The registries of commands that need no configuration: every one, with the logins of `docker login`.
 * @module
 */
import type { dockerRegistry } from '@davit/adapter-docker-registry';

type Adapter = ReturnType<typeof dockerRegistry>;

/** @param plainHttp These are spoken to without TLS, beside those on a loopback address. */
export async function openRegistry(plainHttp: readonly string[]): Promise<Adapter> {
  const adapter = await import('@davit/adapter-docker-registry');
  return adapter.dockerRegistry({ plainHttp });
}
