import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOf, familiarReference, formatReference, formatRepository, isRepository, isTag, parseReference, parseRepository, type Reference } from '@davit/core';
import { componentArbitrary, damaged, denseText, digestArbitrary, isPathComponent, isReferenceText, isTagText, partsArbitrary, tagArbitrary, written } from './reference-grammar.js';

const digest = digestOf('image');
const sha512 = digestOf('image', 'sha512');
const read = (text: string): Reference => parseReference(text)._unsafeUnwrap();
const complaint = (text: string): string => parseReference(text)._unsafeUnwrapErr().message;

describe('parseReference (R1)', () => {
  it.each<[string, Reference]>([
    // Familiar names are Docker Hub's.
    ['nginx', { registry: 'docker.io', repository: 'library/nginx', tag: 'latest' }],
    ['nginx:1.27', { registry: 'docker.io', repository: 'library/nginx', tag: '1.27' }],
    ['user/app', { registry: 'docker.io', repository: 'user/app', tag: 'latest' }],
    ['user/team/app:x', { registry: 'docker.io', repository: 'user/team/app', tag: 'x' }],
    ['docker.io/nginx', { registry: 'docker.io', repository: 'library/nginx', tag: 'latest' }],
    ['index.docker.io/nginx', { registry: 'docker.io', repository: 'library/nginx', tag: 'latest' }],
    ['docker.io/user/app', { registry: 'docker.io', repository: 'user/app', tag: 'latest' }],
    // The first part is a host where it has a dot, a colon or a capital, or is localhost.
    ['ghcr.io/acme/app:1.4.2', { registry: 'ghcr.io', repository: 'acme/app', tag: '1.4.2' }],
    ['localhost/app', { registry: 'localhost', repository: 'app', tag: 'latest' }],
    ['localhost:5000/app', { registry: 'localhost:5000', repository: 'app', tag: 'latest' }],
    ['registry:5000/app', { registry: 'registry:5000', repository: 'app', tag: 'latest' }],
    ['MyHost/app', { registry: 'MyHost', repository: 'app', tag: 'latest' }],
    ['127.0.0.1:5000/a/b/c', { registry: '127.0.0.1:5000', repository: 'a/b/c', tag: 'latest' }],
    ['[::1]:5000/app:1', { registry: '[::1]:5000', repository: 'app', tag: '1' }],
    ['[2001:db8::1]/app', { registry: '[2001:db8::1]', repository: 'app', tag: 'latest' }],
    // Without a slash it is a name and a tag, whatever it looks like.
    ['localhost:5000', { registry: 'docker.io', repository: 'library/localhost', tag: '5000' }],
    ['example.com', { registry: 'docker.io', repository: 'library/example.com', tag: 'latest' }],
    // A digest stands alone or beside a tag, and takes away the default tag.
    [`nginx@${digest}`, { registry: 'docker.io', repository: 'library/nginx', digest }],
    [`ghcr.io/acme/app:1.4.2@${digest}`, { registry: 'ghcr.io', repository: 'acme/app', tag: '1.4.2', digest }],
    [`ghcr.io/acme/app@${sha512}`, { registry: 'ghcr.io', repository: 'acme/app', digest: sha512 }],
    // Separators within a part.
    ['a.b/c.d/e_f/g__h/i-j/k---l', { registry: 'a.b', repository: 'c.d/e_f/g__h/i-j/k---l', tag: 'latest' }],
    ['host.io/0/9', { registry: 'host.io', repository: '0/9', tag: 'latest' }],
    ['a/b:_', { registry: 'docker.io', repository: 'a/b', tag: '_' }],
    [`a/b:${'t'.repeat(128)}`, { registry: 'docker.io', repository: 'a/b', tag: 't'.repeat(128) }],
    [`host.io/${'r'.repeat(255)}`, { registry: 'host.io', repository: 'r'.repeat(255), tag: 'latest' }],
    ['0'.repeat(63), { registry: 'docker.io', repository: `library/${'0'.repeat(63)}`, tag: 'latest' }],
    ['host.io:65535/a', { registry: 'host.io:65535', repository: 'a', tag: 'latest' }],
  ])('reads %s', (text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  it.each([
    ['', 'it is empty'],
    [' ', 'not a repository'],
    [' nginx', 'not a repository'],
    ['nginx ', 'not a repository'],
    ['nginx\n', 'not a repository'],
    ['Nginx', 'lower case'],
    ['user/App', 'lower case'],
    ['ghcr.io/Acme/app', 'lower case'],
    [':tag', 'missing'],
    [`@${digest}`, 'missing'],
    ['ghcr.io/', 'missing'],
    ['nginx:', 'not a tag'],
    ['nginx:-x', 'not a tag'],
    ['nginx:a b', 'not a tag'],
    [`nginx:${'t'.repeat(129)}`, 'not a tag'],
    ['nginx:a:b', 'not a repository'],
    ['nginx@', 'not a digest'],
    ['nginx@sha256:abc', 'not a digest'],
    [`nginx@${digest.toUpperCase()}`, 'not a digest'],
    [`nginx@${digest}@${digest}`, 'not a digest'],
    [`nginx@md5:${'0'.repeat(32)}`, 'not a digest'],
    ['f'.repeat(64), 'an image id'],
    ['https://ghcr.io/acme/app', 'without the scheme'],
    ['docker://nginx', 'without the scheme'],
    ['/nginx', 'not a repository'],
    ['nginx/', 'not a repository'],
    ['a//b', 'not a repository'],
    ['a/-b', 'not a repository'],
    ['a/b-', 'not a repository'],
    ['a/b_', 'not a repository'],
    ['a/b..c', 'not a repository'],
    ['a/b___c', 'not a repository'],
    ['a/b._c', 'not a repository'],
    ['a/../b', 'not a repository'],
    ['-host.io/a', 'not a host'],
    ['host-.io/a', 'not a host'],
    ['host..io/a', 'not a host'],
    ['.io/a', 'not a host'],
    ['ho_st.io/a', 'not a host'],
    ['host.io:/a', 'not a host'],
    ['host.io:x/a', 'not a host'],
    ['host.io:0/a', 'not a port'],
    ['host.io:65536/a', 'not a port'],
    ['::1/a', 'not a host'],
    ['[::1/a', 'not a host'],
    ['[::1]5000/a', 'not a host'],
    ['[fe80::1%25eth0]/a', 'not a host'],
    ['hôst.io/a', 'not a host'],
    [`host.io/${'r'.repeat(256)}`, 'longer than 255'],
    [`${'a/'.repeat(600)}a`, 'too long'],
  ])('refuses %j', (text, why) => {
    const error = parseReference(text)._unsafeUnwrapErr();
    expect(error).toMatchObject({ code: 'reference_invalid', retryable: false });
    expect(error.message).toContain(why);
  });

  it('quotes the beginning of a long text only', () => {
    expect(complaint(`${'x'.repeat(5000)} `).length).toBeLessThan(300);
  });

  it.each(['user:planted-secret@ghcr.io/acme/app', 'https://user:planted-secret@ghcr.io/acme/app', `:planted-secret@host/app@${digest}`])('does not repeat a password that was pasted with a URL: %s', (text) => {
    expect(JSON.stringify(parseReference(text)._unsafeUnwrapErr())).not.toContain('planted-secret');
  });

  it.each([undefined, null, 7, {}, ['nginx'], Symbol('x'), Object.create(null)])('refuses what is no text', (value) => {
    expect(parseReference(value as string).isErr()).toBe(true);
    expect(parseRepository(value as string).isErr()).toBe(true);
    expect(isTag(value as string)).toBe(false);
    expect(isRepository(value as string)).toBe(false);
  });

  it('gives the parts of every reference of the grammar', () => {
    fc.assert(
      fc.property(partsArbitrary, (parts) => {
        const { registry, path, tag, digest: named } = parts;
        expect(read(written(parts))).toEqual({ registry, repository: path, ...(named === undefined ? { tag: tag ?? 'latest' } : { ...(tag === undefined ? {} : { tag }), digest: named }) });
      }),
      { numRuns: 500 },
    );
  });

  it('accepts exactly what the grammar accepts', () => {
    const texts = fc.oneof(denseText, damaged(partsArbitrary.map(written)), damaged(denseText), fc.string({ unit: 'binary' }), fc.string());
    fc.assert(
      fc.property(texts, (text) => {
        expect([text, parseReference(text).isOk()]).toEqual([text, isReferenceText(text)]);
      }),
      { numRuns: 5000 },
    );
  });

  it('ends for texts that are made to keep an expression busy', () => {
    for (const piece of ['a', 'a-', '-', 'a.', 'a_', '__', 'a/', ':', '@', '[', 'A', '0', ' ', '�']) {
      for (const length of [1000, 1_000_000]) {
        for (const end of ['', '!', ':', '@']) expect(parseReference(piece.repeat(length) + end)).toBeDefined();
      }
    }
  });
});

describe('isRepository', () => {
  it.each(['a', 'library/nginx', 'a.b/c__d/e-f/g---h', '0/9', 'r'.repeat(255)])('is true of %s', (text) => {
    expect(isRepository(text)).toBe(true);
  });

  it.each(['', '/', 'a/', '/a', 'a//b', '..', '../v2', 'a/../b', 'A', 'a b', 'a\n', 'a:1', 'a@b', 'a%2fb', 'a?b', 'ghcr.io:443/a', 'r'.repeat(256)])('is false of %j', (text) => {
    expect(isRepository(text)).toBe(false);
  });

  it('accepts exactly what the grammar accepts', () => {
    fc.assert(
      fc.property(fc.oneof(denseText, damaged(partsArbitrary.map(({ path }) => path)), damaged(denseText), fc.string({ unit: 'binary' })), (text) => {
        expect([text, isRepository(text)]).toEqual([text, text.length <= 255 && text.split('/').every(isPathComponent)]);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('parseRepository', () => {
  it.each([
    ['nginx', 'docker.io', 'library/nginx'],
    ['acme/app', 'docker.io', 'acme/app'],
    ['ghcr.io/acme/app', 'ghcr.io', 'acme/app'],
    ['127.0.0.1:5000/app', '127.0.0.1:5000', 'app'],
  ])('reads %s', (text, registry, repository) => {
    expect(parseRepository(text)._unsafeUnwrap()).toEqual({ registry, repository });
  });

  it.each(['', 'nginx:1', 'ghcr.io/acme/app:1', `nginx@${digest}`, 'ghcr.io/', 'x'.repeat(2000)])('refuses %j', (text) => {
    expect(parseRepository(text)._unsafeUnwrapErr().code).toBe('reference_invalid');
  });
});

describe('formatting', () => {
  it('leaves nothing out', () => {
    expect(formatReference(read('nginx'))).toBe('docker.io/library/nginx:latest');
    expect(formatReference(read(`acme/app:1@${digest}`))).toBe(`docker.io/acme/app:1@${digest}`);
    expect(formatRepository(read('nginx'))).toBe('docker.io/library/nginx');
  });

  it.each([
    ['docker.io/library/nginx:latest', 'nginx:latest'],
    ['docker.io/acme/app:1', 'acme/app:1'],
    [`docker.io/library/nginx@${digest}`, `nginx@${digest}`],
    ['ghcr.io/library/nginx:1', 'ghcr.io/library/nginx:1'],
    // Only an image directly under library has a shorter name.
    ['docker.io/library/foo/bar:1', 'library/foo/bar:1'],
    // Without the registry these would name other ones.
    ['docker.io/localhost/app:1', 'docker.io/localhost/app:1'],
    ['docker.io/my.org/app:1', 'docker.io/my.org/app:1'],
  ])('shortens %s to %s', (text, expected) => {
    expect(familiarReference(read(text))).toBe(expected);
  });

  const anyReference = fc.oneof(
    partsArbitrary.map(written),
    fc.tuple(fc.constantFrom('', 'docker.io/', 'index.docker.io/'), fc.array(fc.oneof(componentArbitrary, fc.constantFrom('library', 'localhost', 'a.b')), { minLength: 1, maxLength: 3 }), fc.option(tagArbitrary), fc.option(digestArbitrary)).map(
      ([host, components, tag, named]) => `${host}${components.join('/')}${tag === null ? '' : `:${tag}`}${named === null ? '' : `@${named}`}`,
    ),
  );

  it('and reading again gives the same reference, in the long form and in the short one', () => {
    fc.assert(
      fc.property(anyReference, (text) => {
        const result = parseReference(text);
        if (result.isErr()) return;
        expect(read(formatReference(result.value))).toEqual(result.value);
        expect(read(familiarReference(result.value))).toEqual(result.value);
      }),
      { numRuns: 1000 },
    );
  });
});

it('isTag accepts exactly what the grammar accepts', () => {
  fc.assert(
    fc.property(fc.oneof(tagArbitrary, damaged(tagArbitrary), fc.string(), fc.integer({ min: 120, max: 135 }).map((length) => 't'.repeat(length))), (text) => {
      expect([text, isTag(text)]).toEqual([text, isTagText(text)]);
    }),
    { numRuns: 1000 },
  );
});
