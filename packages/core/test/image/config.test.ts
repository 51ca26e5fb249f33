import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOf, parseImageConfig } from '@davit/core';
import { bytesOf, changed, spoiled, type Document } from './documents.js';
import { digestArbitrary } from './reference-grammar.js';

const aConfig = (more: Document = {}): Document => ({ os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [digestOf('a')] }, ...more });
const parse = (document: unknown) => parseImageConfig(document instanceof Uint8Array ? document : bytesOf(document));
const configArbitrary = fc
  .record({ variant: fc.option(fc.constantFrom('v7', 'v8'), { nil: undefined }), created: fc.option(fc.date({ noInvalidDate: true, min: new Date('0001-01-01'), max: new Date('9999-12-31') }).map((date) => date.toISOString()), { nil: undefined }), labels: fc.dictionary(fc.string().filter((key) => key !== '__proto__'), fc.string(), { noNullPrototype: true }), user: fc.string(), diffIds: fc.array(digestArbitrary, { maxLength: 3 }), empty: fc.array(fc.boolean(), { maxLength: 4 }) });

describe('parseImageConfig (R43)', () => {
  it('gives platform, date, labels, user, layers and history of every generated configuration', () => {
    fc.assert(
      fc.property(configArbitrary, ({ variant, created, labels, user, diffIds, empty }) => {
        const document = aConfig({ ...(variant === undefined ? {} : { variant }), ...(created === undefined ? {} : { created }), config: { Labels: labels, User: user }, rootfs: { type: 'layers', diff_ids: diffIds }, history: empty.map((each) => ({ empty_layer: each })) });
        expect(parse(document)._unsafeUnwrap()).toEqual({
          platform: { os: 'linux', architecture: 'amd64', ...(variant === undefined ? {} : { variant }) },
          ...(created === undefined ? {} : { created }),
          labels,
          user,
          diffIds,
          ...(empty.length === 0 ? {} : { historyLayers: empty.filter((each) => !each).length }),
        });
      }),
    );
  });

  it('reads the least that there is', () => {
    expect(parse(aConfig())._unsafeUnwrap()).toEqual({ platform: { os: 'linux', architecture: 'amd64' }, labels: {}, user: '', diffIds: [digestOf('a')] });
  });

  it('takes the nulls that Docker writes for what was not set', () => {
    const run = { Env: null, Cmd: null, Entrypoint: null, Volumes: null, Labels: null, ExposedPorts: null, OnBuild: null, User: '', WorkingDir: '', AttachStdin: false };
    expect(parse(aConfig({ created: null, variant: null, history: null, config: run, container_config: {}, docker_version: '20.10' }))._unsafeUnwrap()).toEqual({ platform: { os: 'linux', architecture: 'amd64' }, labels: {}, user: '', diffIds: [digestOf('a')] });
    expect(parse(aConfig({ config: null })).isOk()).toBe(true);
  });

  it.each<[string, Document]>([
    ['Config', { Config: { User: 'root' } }],
    ['CONFIG', { config: { User: 'app' }, CONFIG: null }],
    ['Rootfs', { Rootfs: { type: 'layers', diff_ids: [] } }],
    ['OS', { OS: 'windows' }],
    ['config.user', { config: { User: 'app', user: 'root' } }],
    ['config.uſer', { config: { uſer: 'root' } }],
    ['config.labels', { config: { Labels: { a: 'b' }, labels: {} } }],
    ['config.ENTRYPOINT', { config: { ENTRYPOINT: ['/evil'] } }],
    ['rootfs.Diff_IDs', { rootfs: { type: 'layers', diff_ids: [digestOf('a')], Diff_IDs: [] } }],
    ['history[1].Empty_Layer', { history: [{}, { Empty_Layer: true }] }],
  ])('refuses %s, which engines read as the key that it resembles', (field, more) => {
    expect(parse(aConfig(more))._unsafeUnwrapErr()).toMatchObject({ code: 'document_invalid', field, message: expect.stringContaining(`image configuration: ${field} is another spelling of `) as string });
  });

  it('leaves keys alone that are unknown, or free to choose, or of what is not run', () => {
    const run = { Labels: { user: 'x', User: 'y', USER: 'z' }, Volumes: { '/Data': {}, '/data': {} }, ExposedPorts: { '80/tcp': {}, '80/TCP': {} }, Env: ['path=/', 'PATH=/bin'] };
    const docker = { id: 'x', container: 'y', container_config: { user: 'x', User: 'y' }, docker_version: '20.10', Size: 5, 'moby.buildkit.buildinfo.v1': 'x' };
    expect(parse(aConfig({ ...docker, config: run })).isOk()).toBe(true);
  });

  it('refuses a key that stands twice: some programs put both objects together', () => {
    const text = JSON.stringify(aConfig({ config: { User: 'root' } }));
    expect(parse(Buffer.from(`${text.slice(0, -1)},"config":{}}`))._unsafeUnwrapErr()).toMatchObject({ code: 'document_invalid', field: 'document', message: expect.stringContaining('has the key "config" twice') as string });
  });

  it('says how the image is run, where it does', () => {
    const run = { Entrypoint: ['/app'], Cmd: ['serve'], WorkingDir: '/srv', Env: ['PORT=80'], ExposedPorts: { '80/tcp': {}, '443/tcp': {} } };
    expect(parse(aConfig({ config: run }))._unsafeUnwrap()).toMatchObject({ entrypoint: ['/app'], command: ['serve'], workingDirectory: '/srv', environment: ['PORT=80'], ports: ['80/tcp', '443/tcp'] });
    expect(Object.keys(parse(aConfig({ config: { Entrypoint: null, WorkingDir: '' } }))._unsafeUnwrap())).not.toEqual(expect.arrayContaining(['entrypoint', 'workingDirectory']));
  });

  it('counts only the steps of the history that made a layer', () => {
    const history = [{ created_by: 'ADD' }, { created_by: 'ENV', empty_layer: true }, { created_by: 'RUN', empty_layer: false, created: '2024-01-01T00:00:00Z', comment: 'x', author: 'me' }];
    expect(parse(aConfig({ history }))._unsafeUnwrap().historyLayers).toBe(2);
  });

  it.each(['os', 'architecture', 'rootfs'])('refuses one without %s', (field) => {
    expect(parse(changed(aConfig(), [field]))._unsafeUnwrapErr()).toMatchObject({ code: 'document_invalid', field: expect.stringContaining(field) as string });
  });

  it.each<[string, unknown]>([
    ['os', 7],
    ['os', ''],
    ['os', null],
    ['architecture', ''],
    ['architecture', ['amd64']],
    ['variant', 7],
    ['os.version', 7],
    ['os.features', 'x'],
    ['author', 7],
    ['config', 'x'],
    ['config', []],
    ['config.User', 1000],
    ['config.Env', 'A=b'],
    ['config.Env', [7]],
    ['config.Env', ['A']],
    ['config.Entrypoint', 'node'],
    ['config.Cmd', [7]],
    ['config.Volumes', ['/data']],
    ['config.ExposedPorts', { '80/tcp': '' }],
    ['config.WorkingDir', 7],
    ['config.Labels', []],
    ['config.Labels', { a: 1 }],
    ['config.StopSignal', 9],
    ['config.ArgsEscaped', 'true'],
    ['rootfs', null],
    ['rootfs', []],
    ['rootfs.type', 'layer'],
    ['rootfs.diff_ids', null],
    ['rootfs.diff_ids', {}],
    ['rootfs.diff_ids', [7]],
    ['rootfs.diff_ids', ['sha256:abc']],
    ['history', 'x'],
    ['history', ['x']],
    ['history', [null]],
    ['history', [{ empty_layer: 'true' }]],
    ['history', [{}, { created: 'yesterday' }]],
    ['history', [{ created_by: 7 }]],
  ])('refuses one whose %s is %j', (field, value) => {
    const path = field === 'os.version' || field === 'os.features' ? [field] : field.split('.');
    const error = parse(changed(aConfig({ config: {} }), path, value))._unsafeUnwrapErr();
    expect(error).toMatchObject({ code: 'document_invalid', field: expect.stringContaining(path[0] ?? '') as string });
  });

  it.each(['2024-02-29T23:59:59Z', '0001-01-01T00:00:00Z', '2024-01-01T00:00:00.123456789Z', '2024-01-01t00:00:00+14:00', '2024-12-31T23:59:59-00:00'])('takes the date %s', (created) => {
    expect(parse(aConfig({ created }))._unsafeUnwrap().created).toBe(created);
  });

  it.each(['', '2024', '2024-01-01', '2024-01-01T00:00:00', '2024-01-01 00:00:00Z', '2023-02-29T00:00:00Z', '2024-02-30T00:00:00Z', '2024-13-01T00:00:00Z', '2024-00-01T00:00:00Z', '2024-01-00T00:00:00Z', '2024-01-01T24:00:00Z', '2024-01-01T00:60:00Z', '2024-01-01T00:00:00+24:00', '2024-01-01T00:00:00Z ', 'Mon, 01 Jan 2024 00:00:00 GMT', '+02024-01-01T00:00:00Z', '2024-01-01T00:00:00.Z'])(
    'refuses the date %j',
    (created) => {
      expect(parse(aConfig({ created }))._unsafeUnwrapErr().field).toBe('created');
    },
  );

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a list', Buffer.from('[]')],
    ['the empty configuration of artifacts', Buffer.from('{}')],
    ['what is not UTF-8', Buffer.from(JSON.stringify(aConfig({ author: 'ÿ' })), 'latin1')],
    ['a deep nest', Buffer.from('['.repeat(1_000_000))],
  ])('refuses %s', (_, bytes) => {
    expect(parse(bytes)._unsafeUnwrapErr().code).toBe('document_invalid');
  });

  it('never throws, whatever the bytes are', () => {
    const documents = configArbitrary.map(({ labels, diffIds }) => aConfig({ config: { Labels: labels }, rootfs: { type: 'layers', diff_ids: diffIds } }));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array().map(Buffer.from), fc.json().map((text) => Buffer.from(text)), spoiled(documents), fc.tuple(documents, fc.constantFrom('os', 'config', 'rootfs', 'history', 'created'), fc.jsonValue()).map(([document, field, value]) => bytesOf({ ...document, [field]: value }))), (bytes) => {
        const result = parse(bytes);
        if (result.isOk()) expect(result.value.diffIds.every((id) => typeof id === 'string')).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
