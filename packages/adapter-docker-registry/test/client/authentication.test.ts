import { manualClock } from '@davit/core/testing';
import { pushImage, startRegistryServer, type RegistryServerOptions } from '@davit/registry-server';
import { describe, expect, it } from 'vitest';
import type { DockerRegistryOptions } from '../../src/index.js';
import { adapter, call, closing, contentOf, errorOf, fakeServer, manifestOf, valueOf, type Fake } from '../support.js';

const users = [
  { name: 'ci', password: 'p:a:s:s' },
  { name: 'reader', password: 'r', allow: [{ repository: '.*', actions: ['pull'] as const }] },
];
const ci = { username: 'ci', password: 'p:a:s:s' };

async function registry(options: RegistryServerOptions = {}) {
  const server = closing(await startRegistryServer(options));
  const image = await pushImage(server, { repository: 'team/app', tag: '1.0' });
  return { server, image, reference: { registry: server.host, repository: 'team/app', tag: '1.0' } };
}

describe('an open registry', () => {
  it('is asked without a login, and no credentials are looked up', async () => {
    const { server, image, reference } = await registry();
    let lookups = 0;
    const target = adapter({ credentials: () => (lookups++, ci) });
    expect((await valueOf(target.resolve(reference, call()))).digest).toBe(image.digest);
    expect(server.requests.entries.map(({ authorization }) => authorization)).toEqual(['none']);
    expect(lookups).toBe(0);
  });
});

describe('Basic', () => {
  it('logs in when it is asked to, and then with every request', async () => {
    const { server, image, reference } = await registry({ auth: { kind: 'basic', users } });
    const target = adapter({ credentials: ci });
    expect((await valueOf(target.resolve(reference, call()))).digest).toBe(image.digest);
    await valueOf(target.readManifest({ ...reference, digest: image.digest }, call()));
    expect(server.requests.entries.map(({ authorization }) => authorization)).toEqual(['none', 'basic', 'basic']);
  });

  it('answers registry_unauthorized for a wrong password, without asking twice', async () => {
    const { server, reference } = await registry({ auth: { kind: 'basic', users } });
    const error = await errorOf(adapter({ credentials: { username: 'ci', password: 'planted-secret' } }).resolve(reference, call()));
    expect(error).toMatchObject({ code: 'registry_unauthorized', retryable: false, registry: server.host, repository: 'team/app' });
    expect(error.message).not.toContain('planted-secret');
    expect(server.requests.count()).toBe(2);
  });

  it('answers registry_unauthorized where there are no credentials, and says so', async () => {
    const { reference } = await registry({ auth: { kind: 'basic', users } });
    const error = await errorOf(adapter().resolve(reference, call()));
    expect(error.code).toBe('registry_unauthorized');
    expect(error.message).toContain('no credentials were found');
  });

  it('answers registry_denied where the account may not write', async () => {
    const { reference } = await registry({ auth: { kind: 'basic', users } });
    expect((await errorOf(adapter({ credentials: { username: 'reader', password: 'r' } }).writeManifest(reference, manifestOf('x'), call()))).code).toBe('registry_denied');
  });
});

describe('Bearer', () => {
  it('reads anonymously where the token service lets everybody', async () => {
    const { server, image, reference } = await registry({ auth: { kind: 'token', users, anonymousPull: true } });
    expect((await valueOf(adapter().resolve(reference, call()))).digest).toBe(image.digest);
    expect(server.requests.matching({ path: /^\/token/ }).map(({ authorization }) => authorization)).toEqual(['none']);
  });

  it('answers registry_unauthorized where anonymous callers get no token, or none to write with', async () => {
    const { reference } = await registry({ auth: { kind: 'token', users } });
    const error = await errorOf(adapter().resolve(reference, call()));
    expect(error).toMatchObject({ code: 'registry_unauthorized', retryable: false });
    expect(error.message).toContain('private or does not exist');
    const open = await registry({ auth: { kind: 'token', users, anonymousPull: true } });
    expect((await errorOf(adapter().writeManifest(open.reference, manifestOf('x'), call()))).code).toBe('registry_unauthorized');
  });

  it('asks for one token for reading and one for writing, however many requests there are', async () => {
    const { server, image, reference } = await registry({ auth: { kind: 'token', users } });
    const target = adapter({ credentials: ci });
    await Promise.all(Array.from({ length: 8 }, () => valueOf(target.resolve(reference, call()))));
    await valueOf(target.readManifest({ ...reference, digest: image.digest }, call()));
    expect(server.requests.count({ path: /^\/token/ })).toBe(1);
    await valueOf(target.writeBlob({ ...reference, digest: contentOf(Buffer.from('{}')).descriptor.digest }, contentOf(Buffer.from('{}')), call()));
    await valueOf(target.writeManifest(reference, manifestOf('x'), call()));
    expect(server.requests.matching({ path: /^\/token/ }).map(({ query }) => new URLSearchParams(query).get('scope'))).toEqual(['repository:team/app:pull', 'repository:team/app:pull,push']);
  });

  it('guesses for a second repository what the registry wanted for the first', async () => {
    const { server, reference } = await registry({ auth: { kind: 'token', users } });
    await pushImage(server, { repository: 'team/other', tag: '1.0' });
    const target = adapter({ credentials: ci });
    await valueOf(target.resolve(reference, call()));
    await valueOf(target.resolve({ ...reference, repository: 'team/other' }, call()));
    expect(server.requests.matching({ path: /^\/v2/ }).map(({ status }) => status)).toEqual([401, 200, 200]);
  });

  it('gets a new token when the registry does not take the old one any more', async () => {
    const { server, reference } = await registry({ auth: { kind: 'token', users } });
    const target = adapter({ credentials: ci });
    await valueOf(target.resolve(reference, call()));
    server.expireTokens();
    await valueOf(target.resolve(reference, call()));
    expect(server.requests.count({ path: /^\/token/ })).toBe(2);
  });

  it('renews a token five seconds before its end, and gives none less than a minute', async () => {
    const clock = manualClock();
    const { server, reference } = await registry({ auth: { kind: 'token', users, tokenTtlMs: 300_000 }, now: () => clock.now() });
    const target = adapter({ credentials: ci, clock });
    const tokens = async (advanceMs: number): Promise<number> => {
      await clock.advance(advanceMs);
      await valueOf(target.resolve(reference, call()));
      return server.requests.count({ path: /^\/token/ });
    };
    expect(await tokens(0)).toBe(1);
    expect(await tokens(294_000)).toBe(1);
    expect(await tokens(1_500)).toBe(2);
  });

  it('answers registry_denied to credentials that may read and not write', async () => {
    const { reference } = await registry({ auth: { kind: 'token', users } });
    expect((await errorOf(adapter({ credentials: { username: 'reader', password: 'r' } }).writeManifest(reference, manifestOf('x'), call()))).code).toBe('registry_denied');
  });

  it('answers registry_denied when a token is refused as too weak although a login was given', async () => {
    const server = await fakeServer(({ url, answer, request }) => {
      if (url.pathname === '/token') answer(200, {}, JSON.stringify({ token: 'weak' }));
      else answer(401, { 'www-authenticate': `Bearer realm="http://${request.headers.host ?? ''}/token"${request.headers.authorization === undefined ? '' : ',error="insufficient_scope"'}` });
    });
    expect((await errorOf(adapter({ credentials: ci }).resolve({ registry: server.host, repository: 'a', tag: 'b' }, call()))).code).toBe('registry_denied');
  });

  it('exchanges an identity token by POST', async () => {
    const { server, image, reference } = await registry({ auth: { kind: 'token', users } });
    const granted = (await (await fetch(`${server.url}/token?service=registry&offline_token=true`, { headers: { authorization: `Basic ${Buffer.from('ci:p:a:s:s').toString('base64')}` } })).json()) as { refresh_token: string };
    server.requests.clear();
    const target = adapter({ credentials: { identityToken: granted.refresh_token } });
    expect((await valueOf(target.resolve(reference, call()))).digest).toBe(image.digest);
    expect(server.requests.matching({ path: /^\/token/ }).map(({ method }) => method)).toEqual(['POST']);
    expect(target.secrets()).toContain(granted.refresh_token);
  });

  it('goes on with the identity token that the service gives in exchange, and with the old one where the new one is refused', async () => {
    const given: (string | null)[] = [];
    let life = 0;
    const server = await fakeServer(async (fake) => {
      if (fake.url.pathname !== '/token') {
        fake.answer(fake.request.headers.authorization === `Bearer t${String(life)}` ? 404 : 401, { 'www-authenticate': `Bearer realm="http://${fake.request.headers.host ?? ''}/token"` });
        return;
      }
      const token = new URLSearchParams((await fake.body()).toString()).get('refresh_token');
      given.push(token);
      life += 1;
      fake.answer(token === 'second' && life === 3 ? 401 : 200, {}, JSON.stringify({ access_token: `t${String(life)}`, refresh_token: 'second' }));
    });
    const target = adapter({ credentials: { identityToken: 'first' } });
    const read = async () => (await errorOf(target.resolve({ registry: server.host, repository: 'a', tag: 'b' }, call()))).code;
    expect(await read()).toBe('manifest_not_found');
    expect(given.splice(0)).toEqual(['first']);
    await errorOf(target.resolve({ registry: server.host, repository: 'other', tag: 'b' }, call()));
    expect(given).toEqual(['second']);
    await errorOf(target.resolve({ registry: server.host, repository: 'third', tag: 'b' }, call()));
    await errorOf(target.resolve({ registry: server.host, repository: 'third', tag: 'b' }, call()));
    expect(given).toEqual(['second', 'second', 'first']);
    expect(target.secrets()).toContain('second');
  });

  /** Renews the identity token with each use and takes none twice; `failing` is answered instead, once. */
  const renewing = () => {
    const given: string[] = [];
    const service = { given, failing: null as number | null };
    let current = 'id-0';
    const handle = async ({ url, request, body, answer }: Fake): Promise<void> => {
      if (url.pathname !== '/token') {
        answer(request.headers.authorization === undefined ? 401 : 404, { 'www-authenticate': `Bearer realm="http://${request.headers.host ?? ''}/token"` });
        return;
      }
      const token = new URLSearchParams((await body()).toString()).get('refresh_token') ?? '';
      given.push(token);
      // Long enough for everybody else to come.
      await new Promise((resolve) => setTimeout(resolve, 20));
      const status = service.failing ?? (token === current ? 200 : 400);
      service.failing = null;
      if (status === 200) current = `id-${String(given.length)}`;
      answer(status, {}, JSON.stringify(status === 200 ? { access_token: 'abc', refresh_token: current } : { error: 'invalid_grant' }));
    };
    return { service, handle };
  };

  it('uses a renewed identity token one request after another, however many repositories want one at once', async () => {
    const { service, handle } = renewing();
    const server = await fakeServer(handle);
    const target = adapter({ credentials: { identityToken: 'id-0' } });
    const all = await Promise.all(['a', 'b', 'c'].map((repository) => errorOf(target.resolve({ registry: server.host, repository, tag: 'x' }, call()))));
    expect(all.map(({ code }) => code)).toEqual(['manifest_not_found', 'manifest_not_found', 'manifest_not_found']);
    expect(service.given).toEqual(['id-0', 'id-1', 'id-2']);
  });

  it('keeps a renewed identity token when the service is down for a moment', async () => {
    const { service, handle } = renewing();
    const server = await fakeServer(handle);
    const target = adapter({ credentials: { identityToken: 'id-0' } });
    const read = async (repository: string) => (await errorOf(target.resolve({ registry: server.host, repository, tag: 'x' }, call()))).code;
    expect(await read('a')).toBe('manifest_not_found');
    service.failing = 503;
    expect(await read('b')).toBe('manifest_not_found');
    expect(service.given).toEqual(['id-0', 'id-1', 'id-1']);
  });

  it('gets a new token where the registry says 401 to the old one and nothing else', async () => {
    let tokens = 0;
    let good = '';
    const server = await fakeServer(({ url, request, answer }) => {
      if (url.pathname === '/token') answer(200, {}, JSON.stringify({ token: (good = `t${String((tokens += 1))}`), expires_in: 3600 }));
      else if (request.headers.authorization === undefined) answer(401, { 'www-authenticate': `Bearer realm="http://${request.headers.host ?? ''}/token"` });
      else answer(request.headers.authorization === `Bearer ${good}` ? 404 : 401);
    });
    const target = adapter({ credentials: ci });
    const read = async () => (await errorOf(target.resolve({ registry: server.host, repository: 'a', tag: 'x' }, call()))).code;
    expect(await read()).toBe('manifest_not_found');
    good = 'none';
    expect(await read()).toBe('manifest_not_found');
    expect(tokens).toBe(2);
  });

  it.each<[string, string | string[]]>([
    ['in one header', 'Basic realm="x", Negotiate, Bearer realm="REALM",service="s, t",scope="repository:a:pull,push"'],
    ['in the other order', 'Bearer realm="REALM",service="s, t",scope="repository:a:pull,push", Basic realm="x"'],
    ['in several headers', ['Basic realm="x"', 'Negotiate', 'Bearer realm="REALM",service="s, t"']],
  ])('is chosen where a registry offers several ways %s', async (_, header) => {
    const server = await fakeServer(({ url, request, response, answer }) => {
      const realm = (text: string): string => text.replace('REALM', `http://${request.headers.host ?? ''}/token`);
      if (url.pathname === '/token') answer(200, {}, JSON.stringify({ token: 'abc' }));
      else if (request.headers.authorization === 'Bearer abc') answer(404);
      else response.writeHead(401, { 'www-authenticate': typeof header === 'string' ? realm(header) : header.map(realm) }).end();
    });
    expect((await errorOf(adapter({ credentials: ci }).resolve({ registry: server.host, repository: 'a', tag: 'b' }, call()))).code).toBe('manifest_not_found');
    const token = server.requests.find((line) => line.startsWith('GET /token')) ?? '';
    expect(new URL(token.slice(4), 'http://x').searchParams.get('service')).toBe('s, t');
  });

  it('answers registry_unauthorized for an identity token that is over', async () => {
    const { reference } = await registry({ auth: { kind: 'token', users } });
    expect((await errorOf(adapter({ credentials: { identityToken: 'over' } }).resolve(reference, call()))).code).toBe('registry_unauthorized');
  });

  it('sends a registry token as it is, without asking the token service', async () => {
    const server = await fakeServer(({ request, answer }) => {
      if (request.headers.authorization === 'Bearer given') answer(404);
      else answer(401, { 'www-authenticate': `Bearer realm="http://${request.headers.host ?? ''}/token",scope="repository:a:pull"` });
    });
    expect((await errorOf(adapter({ credentials: { token: 'given' } }).readManifest({ registry: server.host, repository: 'a', digest: manifestOf('x').digest }, call()))).code).toBe('manifest_not_found');
    expect(server.requests.some((line) => line.includes('/token'))).toBe(false);
  });

  it('asks by POST where the token service knows no GET', async () => {
    const forms: string[] = [];
    const server = await fakeServer(async (fake) => {
      if (fake.url.pathname !== '/token') fake.answer(fake.request.headers.authorization === 'Bearer abc' ? 404 : 401, { 'www-authenticate': `Bearer realm="http://${fake.request.headers.host ?? ''}/token",service="s"` });
      else if (fake.request.method === 'GET') fake.answer(405);
      else {
        forms.push((await fake.body()).toString());
        fake.answer(200, {}, JSON.stringify({ access_token: 'abc', expires_in: 300 }));
      }
    });
    expect((await errorOf(adapter({ credentials: ci }).resolve({ registry: server.host, repository: 'a', tag: 'b' }, call()))).code).toBe('manifest_not_found');
    expect(Object.fromEntries(new URLSearchParams(forms[0]))).toEqual({ client_id: 'davit', grant_type: 'password', username: 'ci', password: 'p:a:s:s', service: 's', scope: 'repository:a:pull' });
  });

  it('asks for both repositories at once before a mount', async () => {
    const { server, image, reference } = await registry({ auth: { kind: 'token', users } });
    const target = adapter({ credentials: ci });
    await valueOf(target.resolve(reference, call()));
    server.requests.clear();
    expect(await valueOf(target.mountBlob({ registry: server.host, repository: 'prod/app', digest: image.config }, reference, call()))).toBe(true);
    const [token, ...more] = server.requests.matching({ path: /^\/token/ });
    expect(more).toEqual([]);
    expect(new URLSearchParams(token?.query).getAll('scope')).toEqual(['repository:prod/app:pull,push', 'repository:team/app:pull']);
  });

  it('joins the name that the challenge gives a repository, as a proxy may have another', async () => {
    const scopes: string[][] = [];
    const server = await fakeServer(({ url, request, answer }) => {
      if (url.pathname === '/token') {
        scopes.push(url.searchParams.getAll('scope'));
        answer(200, {}, JSON.stringify({ token: `t${String(scopes.length)}` }));
      } else answer(request.headers.authorization === undefined ? 401 : 404, { 'www-authenticate': `Bearer realm="http://${request.headers.host ?? ''}/token",scope="repository:proxy/a:pull"` });
    });
    await errorOf(adapter().resolve({ registry: server.host, repository: 'a', tag: 'b' }, call()));
    expect(scopes).toEqual([['repository:a:pull', 'repository:proxy/a:pull']]);
  });

  it('names every password and token as a secret, those given in code before they are used', async () => {
    const { reference } = await registry({ auth: { kind: 'token', users } });
    const target = adapter({ credentials: ci });
    expect(target.secrets()).toEqual(['p:a:s:s']);
    await valueOf(target.resolve(reference, call()));
    // Beside the password: how it stands in the header of the request for a token, and the token.
    expect(target.secrets()).toHaveLength(3);
    expect(target.secrets()).toEqual(expect.arrayContaining(['p:a:s:s', Buffer.from('ci:p:a:s:s').toString('base64')]));
  });
});

describe('a registry of open and of closed repositories', () => {
  const mixed = (challenge: (host: string) => string) =>
    fakeServer(({ url, request, answer }) => {
      if (url.pathname === '/token') answer(401);
      else if (url.pathname.startsWith('/v2/private/')) answer(401, { 'www-authenticate': challenge(request.headers.host ?? '') });
      else answer(request.headers.authorization === undefined ? 404 : 400);
    });

  it.each<[string, (host: string) => string, DockerRegistryOptions]>([
    ['Basic', () => 'Basic realm="x"', {}],
    ['Basic, where only an identity token is known', () => 'Basic realm="x"', { credentials: { identityToken: 'x' } }],
    ['Basic, where the function that gives credentials fails', () => 'Basic realm="x"', { credentials: () => Promise.reject(new Error('the vault is sealed')) }],
    ['Bearer', (host) => `Bearer realm="http://${host}/token"`, {}],
  ])('reads the open ones as before after a closed one has asked for a login (%s)', async (_, challenge, options) => {
    const server = await mixed(challenge);
    const target = adapter(options);
    const read = async (repository: string) => (await errorOf(target.resolve({ registry: server.host, repository, tag: '1.0' }, call()))).code;
    expect(await read('public/app')).toBe('manifest_not_found');
    expect(await read('private/app')).toBe('registry_unauthorized');
    expect(await read('public/app')).toBe('manifest_not_found');
    expect(await read('public/other')).toBe('manifest_not_found');
    expect(await read('private/other')).toBe('registry_unauthorized');
  });

  it('does not show a login that the token service refuses a second time', async () => {
    const server = await mixed((host) => `Bearer realm="http://${host}/token"`);
    const target = adapter({ credentials: ci });
    for (const repository of ['private/app', 'private/other']) expect((await errorOf(target.resolve({ registry: server.host, repository, tag: '1.0' }, call()))).code).toBe('registry_unauthorized');
    expect(server.requests.filter((line) => line.startsWith('GET /token'))).toHaveLength(2);
    // The third is for what another repository wanted; this one is open.
    expect((await errorOf(target.resolve({ registry: server.host, repository: 'public/app', tag: '1.0' }, call()))).code).toBe('manifest_not_found');
    expect(server.requests.filter((line) => line.startsWith('GET /token'))).toHaveLength(3);
  });

  it.each([400, 401, 403, 404, 500])('asks the token service that a repository names itself where that of another repository answers %i', async (status) => {
    const server = await fakeServer(({ url, request, answer }) => {
      const [, first = '', second = ''] = url.pathname.split('/');
      if (second === 'token') answer(url.search.includes(`${first}%2F`) ? 200 : status, {}, JSON.stringify({ token: first }));
      else answer(request.headers.authorization === `Bearer ${second}` ? 404 : 401, { 'www-authenticate': `Bearer realm="http://${request.headers.host ?? ''}/${second}/token",service="s"` });
    });
    const target = adapter({ credentials: ci });
    for (const repository of ['one/app', 'two/app', 'one/app']) expect((await errorOf(target.resolve({ registry: server.host, repository, tag: '1.0' }, call()))).code).toBe('manifest_not_found');
    expect(server.requests.filter((line) => /^GET .*token/.test(line)).map((line) => line.replace(/\?.*/, ''))).toEqual(['GET /one/token', 'GET /one/token', 'GET /two/token']);
  });
});

describe('the realm guard', () => {
  const challenged = (realm: (host: string) => string) => (fake: Fake) => {
    if (fake.url.pathname === '/elsewhere') fake.answer(200, {}, JSON.stringify({ token: 'x' }));
    else if (fake.url.pathname === '/token') fake.answer(302, { location: 'http://127.0.0.1:1/steal' });
    else fake.answer(401, { 'www-authenticate': `Bearer realm="${realm(fake.request.headers.host ?? '')}"` });
  };

  it.each(['http://10.0.0.1/token', 'https://169.254.169.254/token', 'http://auth.test/token', 'file:///etc/passwd'])('does not contact %s', async (realm) => {
    const server = await fakeServer(challenged(() => realm));
    expect(await errorOf(adapter({ credentials: ci }).resolve({ registry: server.host, repository: 'a', tag: 'b' }, call()))).toMatchObject({ code: 'token_realm_refused', retryable: false });
  });

  it('does not follow the token service to another host', async () => {
    const server = await fakeServer(challenged((host) => `http://${host}/token`));
    expect((await errorOf(adapter({ credentials: ci }).resolve({ registry: server.host, repository: 'a', tag: 'b' }, call()))).code).toBe('token_realm_refused');
  });

  it('follows it on its own host, with the login, and not without end', async () => {
    const server = await fakeServer((fake) => {
      if (fake.url.pathname === '/moved') fake.answer(200, {}, JSON.stringify({ token: 'x' }));
      else if (fake.url.pathname === '/round') fake.answer(302, { location: '/round' });
      else if (fake.url.pathname.endsWith('/token')) fake.answer(302, { location: fake.url.pathname === '/token' ? '/moved' : '/round' });
      else fake.answer(fake.request.headers.authorization === 'Bearer x' ? 404 : 401, { 'www-authenticate': `Bearer realm="http://${fake.request.headers.host ?? ''}${fake.url.pathname.includes('/loop/') ? '/loop' : ''}/token"` });
    });
    expect((await errorOf(adapter({ credentials: ci }).resolve({ registry: server.host, repository: 'a', tag: 'b' }, call()))).code).toBe('manifest_not_found');
    const asked = server.requests.findIndex((line) => line === 'GET /moved');
    expect(server.headers[asked]?.authorization).toMatch(/^Basic /);
    server.requests.splice(0);
    const error = await errorOf(adapter({ credentials: ci }).resolve({ registry: server.host, repository: 'loop', tag: 'b' }, call()));
    expect(error).toMatchObject({ code: 'registry_protocol', retryable: false });
    expect(error.message).toContain('more than 5 redirects');
    expect(server.requests.filter((line) => line === 'GET /round')).toHaveLength(5);
  });
});

describe('a token service that misbehaves', () => {
  const withToken = (answerToken: (fake: Fake) => void) => (fake: Fake) => {
    if (fake.url.pathname === '/token') answerToken(fake);
    else fake.answer(401, { 'www-authenticate': `Bearer realm="http://${fake.request.headers.host ?? ''}/token"` });
  };
  const ask = async (answerToken: (fake: Fake) => void) => {
    const server = await fakeServer(withToken(answerToken));
    return errorOf(adapter({ credentials: ci }).resolve({ registry: server.host, repository: 'a', tag: 'b' }, call()));
  };

  it('is registry_protocol where it gives no token', async () => {
    expect((await ask(({ answer }) => answer(200, {}, '{}'))).code).toBe('registry_protocol');
    expect((await ask(({ answer }) => answer(200, {}, '<html>'))).code).toBe('registry_protocol');
    expect((await ask(({ answer }) => answer(200, {}, JSON.stringify({ token: 'two\nlines' })))).code).toBe('registry_protocol');
    expect((await ask(({ answer }) => answer(404))).code).toBe('registry_protocol');
  });

  it('is not read beyond 64 KiB', async () => {
    expect((await ask(({ answer }) => answer(200, {}, JSON.stringify({ token: 'x'.repeat(70_000) })))).message).toContain('more than 65536 bytes');
  });

  it('is asked again when it is unavailable', async () => {
    let asked = 0;
    const error = await ask(({ answer }) => {
      asked += 1;
      answer(503);
    });
    expect(error).toMatchObject({ code: 'registry_unavailable', retryable: true });
    expect(asked).toBe(5);
  });

  it('is registry_unauthorized where it does not take the login', async () => {
    expect(await ask(({ answer }) => answer(401, {}, JSON.stringify({ details: 'incorrect username or password' })))).toMatchObject({ code: 'registry_unauthorized', retryable: false });
    expect((await ask(({ answer }) => answer(400, {}, JSON.stringify({ error: 'invalid_grant' })))).code).toBe('registry_unauthorized');
  });
});

describe('what a token service says in its refusal', () => {
  it.each([
    ['the password', { username: 'ci', password: 'planted-secret' }, 'planted-secret'],
    ['the header of the request', { username: 'ci', password: 'planted-secret' }, Buffer.from('ci:planted-secret').toString('base64')],
    ['the identity token', { identityToken: 'planted-secret' }, 'planted-secret'],
  ])('is not repeated where it is %s', async (_, credentials, planted) => {
    const server = await fakeServer(({ url, request, answer }) => {
      if (url.pathname === '/token') answer(400, { 'content-type': 'application/json' }, JSON.stringify({ error: 'invalid_grant', error_description: `unknown: ${planted}` }));
      else answer(401, { 'www-authenticate': `Bearer realm="http://${request.headers.host ?? ''}/token"` });
    });
    const error = await errorOf(adapter({ credentials }).resolve({ registry: server.host, repository: 'a', tag: 'x' }, call()));
    expect(error.message).toContain('unknown: ***');
    expect(JSON.stringify(error)).not.toContain(planted);
  });
});

describe('the functions that give credentials', () => {
  it('fail with a clear error, not with an exception', async () => {
    const { reference } = await registry({ auth: { kind: 'basic', users } });
    const error = await errorOf(
      adapter({
        credentials: () => {
          throw new Error('the vault is sealed');
        },
      }).resolve(reference, call()),
    );
    expect(error.code).toBe('registry_unauthorized');
    expect(error.message).toContain('the vault is sealed');
  });

  it('are asked with the registry and the repository', async () => {
    const { server, reference } = await registry({ auth: { kind: 'basic', users } });
    const asked: string[][] = [];
    await valueOf(adapter({ credentials: (...of) => (asked.push(of), Promise.resolve(ci)) }).resolve(reference, call()));
    expect(asked).toEqual([[server.host, 'team/app']]);
  });

  it('do not hold up a caller that wants to stop', async () => {
    const { reference } = await registry({ auth: { kind: 'basic', users } });
    const stop = new AbortController();
    const pending = errorOf(adapter({ credentials: () => (stop.abort(), new Promise(() => undefined)) }).resolve(reference, call(stop.signal)));
    expect((await pending).code).toBe('interrupted');
  });
});

describe('pullCredentials', () => {
  const repository = { registry: 'registry.test', repository: 'a' };

  it('gives a username and a password where there are some', async () => {
    expect(await valueOf(adapter({ credentials: ci }).pullCredentials(repository, call()))).toEqual({ registry: 'registry.test', ...ci });
  });

  it('gives null where there are none, or only a token', async () => {
    expect(await valueOf(adapter().pullCredentials(repository, call()))).toBeNull();
    expect(await valueOf(adapter({ credentials: { token: 'x' } }).pullCredentials(repository, call()))).toBeNull();
    expect(await valueOf(adapter({ credentials: { identityToken: 'x' } }).pullCredentials(repository, call()))).toBeNull();
  });
});

