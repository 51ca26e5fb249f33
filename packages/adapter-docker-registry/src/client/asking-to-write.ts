/**
 * What may not be read may still be written: a registry that makes repositories at the first push says of one that is not
 * there yet no more than that it may not be read, to whoever asks for no more than reading (Docker Hub does).
 * @module
 */
import type { Call, RegistryError, Result } from '@davit/core/adapter';
import type { Asked } from './asked.js';
import type { Authenticator } from './authenticator.js';
import { repositoryScope } from './scope.js';

const refusals: readonly string[] = ['registry_denied', 'registry_unauthorized', 'token_realm_refused'];

type Once<Q, A> = (question: Q, call: Call) => Promise<Result<A, RegistryError>>;

/**
 * The same question, asked once more with the right to write where a login was denied the right to read. Where that fails as
 * well the first answer counts. What was found out of a repository is kept.
 */
export function askingToWrite<Q extends { readonly asked: Asked; readonly scopes: readonly string[] }, A>(once: Once<Q, A>, authenticator: Pick<Authenticator, 'isDenied' | 'isLoggedIn'>): Once<Q, A> {
  const forWriters = new Set<string>();
  /** No token, or one that does not do. Not where the login itself was refused: some services lock accounts that show it twice. */
  const isAboutRights = ({ code, status, retryable }: RegistryError, asked: Asked): boolean =>
    code === 'registry_denied' && !retryable && authenticator.isLoggedIn(asked) && (status === 401 || authenticator.isDenied(asked));
  return async (question, call) => {
    const { asked, scopes } = question;
    const reading = repositoryScope(asked.repository, 'pull');
    if (!scopes.includes(reading)) return once(question, call);
    const place = `${asked.registry}/${asked.repository}`;
    const asWriter = { ...question, scopes: scopes.map((scope) => (scope === reading ? repositoryScope(asked.repository, 'push') : scope)) };
    if (forWriters.has(place)) return once(asWriter, call);
    const answer = await once(question, call);
    if (answer.isOk() || !isAboutRights(answer.error, asked)) return answer;
    const again = await once(asWriter, call);
    if (again.isErr() && refusals.includes(again.error.code)) return answer;
    forWriters.add(place);
    return again;
  };
}
