/** A repository that is not there yet, at a registry that says nothing of it to whoever only reads. */
import { describe, expect, it } from 'vitest';
import { adapter, call, errorOf, fakeServer, someDigest, valueOf } from '../support.js';

const login = { username: 'ci', password: 'planted-secret' };

/** Gives tokens for reading what is there, and for writing to whoever may; what is not there may be made by writing. */
async function registry({ mayWrite = true, says }: { readonly mayWrite?: boolean; readonly says: 'the token service' | 'the registry' }) {
  const asked: string[] = [];
  const server = await fakeServer(({ request, url, answer }) => {
    if (url.pathname === '/token') {
      const [scope = ''] = url.searchParams.getAll('scope');
      asked.push(scope.slice(scope.lastIndexOf(':') + 1));
      const writes = mayWrite && scope.endsWith(':pull,push');
      if (!writes && says === 'the token service') answer(403, { 'content-type': 'application/json' }, JSON.stringify({ errors: [{ code: 'DENIED', message: `no ${scope}` }] }));
      else answer(200, {}, JSON.stringify({ token: writes ? 'writer' : 'nobody' }));
    } else if (request.headers.authorization === 'Bearer writer') answer(404);
    else answer(401, { 'www-authenticate': `Bearer realm="http://${server.host}/token",service="x",scope="repository:team/new:pull"${request.headers.authorization === undefined ? '' : ',error="insufficient_scope"'}` });
  });
  return { asked, place: { registry: server.host, repository: 'team/new' } };
}

describe.each(['the token service', 'the registry'] as const)('what %s denies to a reader', (says) => {
  it('is asked with the right to write, and from then on with that', async () => {
    const { asked, place } = await registry({ says });
    const target = adapter({ credentials: login });
    expect((await errorOf(target.resolve({ ...place, tag: '1' }, call()))).code).toBe('manifest_not_found');
    expect(await valueOf(target.statBlob({ ...place, digest: someDigest }, call()))).toBeNull();
    expect(await valueOf(target.listReferrers({ ...place, digest: someDigest }, call()))).toEqual([]);
    expect(asked).toEqual(['pull', 'pull,push']);
  });

  it('stays denied where writing is, too, with what was said of reading', async () => {
    const { asked, place } = await registry({ says, mayWrite: false });
    const error = await errorOf(adapter({ credentials: login }).resolve({ ...place, tag: '1' }, call()));
    expect(error).toMatchObject({ code: 'registry_denied', retryable: false });
    if (says === 'the token service') expect(error.message).toContain('no repository:team/new:pull');
    expect(new Set(asked)).toEqual(new Set(['pull', 'pull,push']));
  });

  it('is not asked again of whoever has no login', async () => {
    const { asked, place } = await registry({ says });
    expect(['registry_denied', 'registry_unauthorized']).toContain((await errorOf(adapter().resolve({ ...place, tag: '1' }, call()))).code);
    expect(new Set(asked)).toEqual(new Set(['pull']));
  });
});
