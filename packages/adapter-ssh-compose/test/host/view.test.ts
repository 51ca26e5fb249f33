import { describe, expect, it } from 'vitest';
import type { Image } from '../../src/host/container.js';
import { fromLocalName, isLocalName, keepRepository, keepTag, localName } from '../../src/host/keep.js';
import { imageName, viewOf } from '../../src/host/view.js';
import { container, id } from './samples.js';

const image = (...digests: readonly string[]): Image => ({ id: id('a'), digests, tags: [] });
const options = { project: 'shop', jobs: ['migrate'], known: [`prod.example.com/web@${id('9')}`] };
const name = (reference: string, of: Image | undefined) => imageName(container('web', { reference }), of, options).name;

describe('how the image of a container is called', () => {
  it('as it was made, where that is by digest; the tag beside it is left out', () => {
    expect(name(`prod.example.com/web@${id('1')}`, image())).toBe(`prod.example.com/web@${id('1')}`);
    expect(name(`prod.example.com/web:v1@${id('1')}`, image())).toBe(`prod.example.com/web@${id('1')}`);
    expect(name(`nginx@${id('1')}`, image())).toBe(`docker.io/library/nginx@${id('1')}`);
  });

  it('by the digest that the release or the ledger knows, among several', () => {
    expect(name('web:v1', image(`staging.example.com/web@${id('5')}`, `prod.example.com/web@${id('8')}`, `prod.example.com/web@${id('9')}`))).toBe(`prod.example.com/web@${id('9')}`);
  });

  it('by a digest in the production repository, never simply the first', () => {
    expect(name('web:v1', image(`a.example.com/web@${id('5')}`, `prod.example.com/web@${id('8')}`))).toBe(`prod.example.com/web@${id('8')}`);
    expect(name('staging.example.com/web:v1', image(`a.example.com/web@${id('5')}`, `staging.example.com/web@${id('6')}`))).toBe(`staging.example.com/web@${id('6')}`);
  });

  it('by a name of ours where no registry knows it', () => {
    expect(name('web:v1', image())).toBe(`davit-keep/shop/web:id-${'a'.repeat(64)}`);
    expect(name(localName('shop', 'web', id('7')), image())).toBe(localName('shop', 'web', id('7')));
  });
});

describe('names of ours', () => {
  it('say themselves which image they mean', () => {
    const local = localName('shop', 'web', id('7'));
    expect(isLocalName(local)).toBe(true);
    expect(fromLocalName(local)).toEqual({ tag: local, image: id('7') });
    expect(isLocalName(`prod.example.com/web@${id('1')}`)).toBe(false);
  });

  it('hold images by digest for one project and service', () => {
    expect(keepTag('shop', 'web', `prod.example.com/web@${id('1')}`)).toEqual({ image: `prod.example.com/web@${id('1')}`, tag: `davit-keep/shop/web:sha256-${'1'.repeat(64)}` });
    expect(keepTag('shop', 'web', 'web:v1')).toBeUndefined();
  });

  it('are names that Docker takes, and differ for services that differ', () => {
    const names = ['web', 'Web', 'web_1', 'web-1', '_', 'web.1'].map((service) => keepRepository('shop', service));
    expect(new Set(names).size).toBe(names.length);
    for (const one of names) expect(one).toMatch(/^davit-keep\/[a-z0-9]+(?:[.-][a-z0-9]+)*\/[a-z0-9]+(?:[.-][a-z0-9]+)*$/);
  });
});

describe('what runs of a service', () => {
  const state = (service: string, ...of: Parameters<typeof container>[1][]) => viewOf(service, of.map((more, n) => container(service, { id: String(n), ...more })), new Map(), options);

  it('is running, unhealthy, stopped or absent', () => {
    expect(state('web').state).toBe('absent');
    expect(state('web', {}).state).toBe('running');
    expect(state('web', { state: { Health: { Status: 'unhealthy' } } }).state).toBe('unhealthy');
    expect(state('web', { state: { Status: 'restarting' } }).state).toBe('unhealthy');
    expect(state('web', {}, { state: { Status: 'exited' } }).state).toBe('unhealthy');
    expect(state('web', { state: { Status: 'exited' } })).toMatchObject({ state: 'stopped' });
    expect(state('web', { state: { Status: 'exited' } }).image).toBeUndefined();
  });

  it('is running for a job that ended well', () => {
    expect(state('migrate', { state: { Status: 'exited', ExitCode: 0 } })).toMatchObject({ state: 'running' });
    expect(state('migrate', { state: { Status: 'exited', ExitCode: 1 } })).toMatchObject({ state: 'stopped' });
  });

  it('is mixed when replicas were made from different images', () => {
    expect(state('web', {}, { image: id('b') }).mixed).toBe(true);
    expect(state('web', {}, {}).mixed).toBe(false);
  });
});
