import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError, memoryStore, ResultAsync, type DavitError } from '@davit/core';
import { memoryRegistry, scriptedDeployer } from '@davit/core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkConfig } from '../../src/config/check-config.js';
import { configurationFault } from '../../src/config/configuration-fault.js';
import { findConfig } from '../../src/config/find-config.js';
import { openPromoter, promoterOf } from '../../src/config/open-promoter.js';
import { readConfig } from '../../src/config/read-config.js';
import { defineConfig } from '../../src/index.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'davit-config-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const write = async (name: string, text: string): Promise<string> => {
  await writeFile(join(directory, name), text);
  return join(directory, name);
};

describe('the configuration file', () => {
  it.each(['davit.config.ts', 'davit.config.js', 'davit.config.mjs'])('is found as %s in the working directory (item 9)', async (name) => {
    const path = await write(name, '');
    expect((await findConfig(directory, undefined))._unsafeUnwrap()).toBe(path);
  });

  it('is the one that --config names, relative to the working directory', async () => {
    const path = await write('other.mjs', '');
    expect((await findConfig(directory, 'other.mjs'))._unsafeUnwrap()).toBe(path);
    expect((await findConfig(directory, 'absent.mjs'))._unsafeUnwrapErr()).toMatchObject({ code: 'configuration_unreadable', path: join(directory, 'absent.mjs') });
  });

  it('is missed by name, and never guessed where there are two', async () => {
    expect((await findConfig(directory, undefined))._unsafeUnwrapErr()).toMatchObject({ code: 'configuration_unreadable', path: directory });
    await write('davit.config.ts', '');
    await mkdir(join(directory, 'davit.config.js'));
    expect((await findConfig(directory, undefined)).isOk()).toBe(true);
    await write('davit.config.mjs', '');
    expect((await findConfig(directory, undefined))._unsafeUnwrapErr().message).toContain('davit.config.ts and davit.config.mjs');
  });

  it.each([
    ['a.mjs', 'export default { from: "mjs" }', 'mjs'],
    ['a.js', 'module.exports = { from: "js" }', 'js'],
    ['a.cjs', 'Object.defineProperty(exports, "__esModule", { value: true }); exports.default = { from: "cjs" }', 'cjs'],
    ['a.ts', 'type From = string; enum Kind { Ts = "ts" }\nconst from: From = Kind.Ts;\nexport default { from }', 'ts'],
    ['b.ts', 'const from = await Promise.resolve("awaited"); export default { from } satisfies object', 'awaited'],
  ])('%s is read', async (name, text, from) => {
    expect((await readConfig(await write(name, text)))._unsafeUnwrap()).toEqual({ from });
  });

  it('in TypeScript may import files beside it', async () => {
    await write('hosts.ts', 'export const hosts: readonly string[] = ["app-1"];');
    expect((await readConfig(await write('davit.config.ts', 'import { hosts } from "./hosts";\nexport default { hosts };')))._unsafeUnwrap()).toEqual({ hosts: ['app-1'] });
  });

  it.each([
    ['broken.mjs', 'export default {', /broken\.mjs.* fails when it is loaded/],
    ['broken.ts', 'const x: number = ;\nexport default {}', /broken\.ts:1:\d+ fails when it is loaded/],
    ['throws.mjs', '\nthrow new Error("no DATABASE_URL\\n    at somewhere");', /throws\.mjs:2:\d+ fails when it is loaded: no DATABASE_URL$/],
    ['throws.ts', 'type A = 1;\nconst nothing: any = null;\nnothing.x;\nexport default {}', /throws\.ts:3:\d+ fails when it is loaded: Cannot read/],
    ['text.mjs', 'throw "a text"', /text\.mjs fails when it is loaded: a text$/],
  ])('%s is refused with the file and, where it is known, the line; never with a stack', async (name, text, message) => {
    const error = (await readConfig(await write(name, text)))._unsafeUnwrapErr();
    expect(error).toMatchObject({ code: 'configuration_unreadable', path: join(directory, name) });
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('\n');
  });

  it('without a default export is refused, and says what to write', async () => {
    expect((await readConfig(await write('a.mjs', 'export const environments = {}')))._unsafeUnwrapErr()).toMatchObject({ code: 'configuration_invalid', message: expect.stringContaining('export default') as string });
  });

  it('names the option when an adapter refuses its options, whichever copy of core the adapter came with', async () => {
    expect(configurationFault(new ConfigurationError('retry.attempts is too small', { field: 'retry.attempts' }), '/c.ts')).toMatchObject({ code: 'configuration_invalid', field: 'retry.attempts', path: '/c.ts' });
    expect(configurationFault({ name: 'ConfigurationError', code: 'reference_invalid', message: 'x' }, '/c.ts')).toMatchObject({ code: 'configuration_invalid' });
    expect(configurationFault(new TypeError('x'), '/c.ts')).toBeUndefined();
    expect(configurationFault({ name: 'ConfigurationError', code: 'of another library', message: 'x' }, '/c.ts')).toBeUndefined();
  });
});

describe('the shape of a configuration', () => {
  const environment = { target: memoryRegistry(), deployer: scriptedDeployer({ hosts: { 'app-1': null } }), release: { web: { from: 'a.example/web', to: 'b.example/web' } } };
  const fault = async (config: unknown): Promise<DavitError> => (await checkConfig(config, '/srv/davit.config.ts').asyncAndThen((checked) => new ResultAsync(promoterOf(checked, '/srv/davit.config.ts'))))._unsafeUnwrapErr();
  const withEnvironment = (more: object): unknown => ({ environments: { production: { ...environment, ...more } } });
  const withImage = (image: unknown): unknown => withEnvironment({ release: { web: image } });

  it('is what defineConfig takes', () => {
    const config = defineConfig({ store: memoryStore(), environments: { production: environment } });
    expect(checkConfig(config, '/c.ts')._unsafeUnwrap()).toBe(config);
  });

  it.each([
    [4, undefined, 'a number'],
    [null, undefined, 'null'],
    [{}, 'environments', 'missing'],
    [{ environments: {} }, 'environments', 'empty'],
    [{ environments: [] }, 'environments', 'a list'],
    [{ enviroments: {} }, 'enviroments', 'environments'],
    [{ store: '', environments: {} }, 'store', 'a directory'],
    [{ store: 7, environments: {} }, 'store', 'a number'],
    [{ environments: { production: 'x' } }, 'environments.production', 'a string'],
    [withEnvironment({ endpoint: [] }), 'environments.production.endpoint', 'endpoints'],
    [withEnvironment({ notifiers: {} }), 'environments.production.notifiers', 'an object'],
    [withEnvironment({ release: [] }), 'environments.production.release', 'a list'],
    [withImage('x'), 'environments.production.release.web', 'a string'],
    [withImage({ from: 'a' }), 'environments.production.release.web.to', 'missing'],
    [withImage({ from: 'a', to: 'b', service: 'web' }), 'environments.production.release.web.service', 'services'],
    [withImage({ from: 'a', to: 'b', services: 'web' }), 'environments.production.release.web.services', 'a string'],
    [withImage({ from: 'a', to: 'b', tags: ['x'] }), 'environments.production.release.web.tags', 'a list'],
    [withImage({ from: 'a', to: 'b', tags: { imutable: [] } }), 'environments.production.release.web.tags.imutable', 'immutable'],
    [withImage({ from: 'a', to: 'b', tags: { channel: 'production' } }), 'environments.production.release.web.tags.channel', 'a string'],
    [withEnvironment({ endpoints: {} }), 'environments.production.endpoints', 'environments.production.endpoints is an object; it must be a list'],
    [withEnvironment({ batches: [] }), 'environments.production.batches', 'is empty; it must be a list of batches'],
    [withEnvironment({ source: 'registry' }), 'environments.production.source', 'is a string; it must be an ImageSource'],
  ])('is refused with the option by name: %#', async (config, field, words) => {
    const error = await fault(config);
    expect(error.code).toBe('configuration_invalid');
    expect(error.path).toBe('/srv/davit.config.ts');
    expect(error.field).toBe(field);
    expect(error.message).toContain(words);
  });

  it('never repeats a value: it may be a secret in the wrong place', async () => {
    expect(JSON.stringify(await fault({ environments: { production: 'planted-secret' } }))).not.toContain('planted-secret');
  });
});

describe('opening a promoter', () => {
  it('puts the store into .davit beside the configuration file, and reads every registry where no source is named', async () => {
    await mkdir(join(directory, 'deploy'));
    await mkdir(join(directory, 'node_modules/@davit'), { recursive: true });
    for (const name of ['core', 'cli']) await symlink(join(import.meta.dirname, '../../..', name), join(directory, 'node_modules/@davit', name));
    await write('deploy/davit.config.ts', [
      'import { memoryRegistry, scriptedDeployer } from "@davit/core/testing";',
      'const secretive = { ...scriptedDeployer({ hosts: { "app-1": null } }), secrets: () => ["planted-secret"] };',
      'export default { environments: { production: { target: memoryRegistry(), deployer: secretive, release: { web: { from: "a.example/web", to: "b.example/web" } } } } };',
    ].join('\n'));
    const opened = (await openPromoter(directory, 'deploy/davit.config.ts'))._unsafeUnwrap();
    expect(opened.place).toBe(join(directory, 'deploy/.davit'));
    expect(opened.promoter.environments).toEqual(['production']);
    expect(opened.clean({ message: 'planted-secret' })).toEqual({ message: '[redacted]' });
    await opened.promoter.close();
  });

  it('takes a directory for a store, relative to the configuration file', async () => {
    await mkdir(join(directory, 'deploy'));
    await mkdir(join(directory, 'node_modules/@davit'), { recursive: true });
    await symlink(join(import.meta.dirname, '../../../core'), join(directory, 'node_modules/@davit/core'));
    const config = (store: string, more = ''): string => `import { memoryRegistry, scriptedDeployer } from "@davit/core/testing";
export default { store: ${store}, environments: { production: { target: memoryRegistry(), deployer: scriptedDeployer({ hosts: { "app-1": null } }), release: { web: { from: "a.example/web", to: "b.example/web" } }, ${more} } } };`;
    const path = await write('deploy/davit.config.ts', config('"../journals"'));
    const opened = (await openPromoter(directory, path))._unsafeUnwrap();
    expect(opened.place).toBe(join(directory, 'journals'));
    await opened.promoter.close();
    for (const [store, more, field, words] of [
      ['{ name: "mine" }', '', 'store', 'store (mine) is no PromotionStore: it has no method newOwner()'],
      ['".davit"', 'tests: { name: "tests" }', 'environments.production.tests', 'it has no method run()'],
      ['".davit"', 'checks: { maxsize: "1GB" }', 'checks.maxsize', 'checks has no option "maxsize"; it has level, maxSize, platforms'],
      ['".davit"', 'rollback: { automatik: false }', 'environments.production.rollback.automatik', 'it has automatic, stopFirst, requireTarget'],
    ] as const) {
      const named = await write(`deploy/${field}.config.ts`, config(store, more));
      const error = (await openPromoter(directory, named))._unsafeUnwrapErr();
      expect(error).toMatchObject({ code: 'configuration_invalid', field, path: named });
      expect(error.message).toContain(words);
    }
  });

  it('hands on what core refuses, with file and field', async () => {
    await write('davit.config.mjs', 'export default { environments: { "not a name": { target: { name: "x" }, deployer: { name: "y" }, release: { web: { from: "a.example/web", to: "b.example/web" } } } } }');
    expect((await openPromoter(directory, undefined))._unsafeUnwrapErr()).toMatchObject({ code: 'configuration_invalid', field: 'environments.not a name', path: join(directory, 'davit.config.mjs') });
  });
});
