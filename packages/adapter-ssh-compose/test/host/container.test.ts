import { describe, expect, it } from 'vitest';
import { containersOf, fingerprint, isLeftover, readContainers, readImages } from '../../src/host/container.js';
import type { Step } from '../../src/report.js';
import { container } from './samples.js';

const step = (out: string): Step => ({ name: 'containers', rc: 0, out, err: '' });
const line = (more: object): string =>
  JSON.stringify({ id: 'a', name: '/p-web-1', image: 'sha256:1', reference: 'web:1', restarts: 0, project: 'p', service: 'web', oneoff: 'False', hash: 'h', version: '2.26.1', ports: null, state: { Status: 'running' }, ...more });

describe('what the engine says of containers', () => {
  it('is read one a line, the slash before the name left out', () => {
    expect(readContainers(step(`${line({})}\n${line({ id: 'b', oneoff: 'True' })}\n`)).map(({ id, name, oneoff, ports }) => ({ id, name, oneoff, ports }))).toEqual([
      { id: 'a', name: 'p-web-1', oneoff: false, ports: {} },
      { id: 'b', name: 'p-web-1', oneoff: true, ports: {} },
    ]);
    expect(readContainers(step(''))).toEqual([]);
    expect(readContainers(undefined)).toEqual([]);
  });

  it('has no labels for a container that Compose has not made', () => {
    expect(readContainers(step(line({ project: null, service: null, oneoff: null, hash: null, version: null })))).toMatchObject([{ project: '', service: '', oneoff: false, hash: '', version: '' }]);
  });

  it('tells what a killed `up` left from what counts', () => {
    const left = container('web', { name: '0123456789ab_shop-web-1', state: { Status: 'created' } });
    expect(isLeftover(left)).toBe(true);
    expect(isLeftover(container('web', { name: '0123456789ab_shop-web-1' }))).toBe(false);
    expect(isLeftover(container('web', { name: 'shop-web-1', state: { Status: 'created' } }))).toBe(false);
    expect(containersOf([left, container('web'), container('api'), container('web', { oneoff: true })], 'web')).toHaveLength(1);
  });

  it('is unchanged where ids, states and start times are', () => {
    const before = [container('web'), container('api'), container('other')];
    expect(fingerprint(before, ['web', 'api'])).toBe(fingerprint([container('other', { id: 'x' }), ...before.slice(0, 2).reverse()], ['api', 'web']));
    expect(fingerprint(before, ['web'])).not.toBe(fingerprint([container('web', { state: { StartedAt: 'later' } })], ['web']));
    expect(fingerprint(before, ['web'])).not.toBe(fingerprint([container('web', { state: { Status: 'exited' } })], ['web']));
  });

  it('gives the images by the name they were asked by, absent ones left out', () => {
    const steps: Step[] = [{ name: 'image:web:1', rc: 0, out: '{"id":"sha256:1","digests":null,"tags":["web:1"]}', err: '' }, { name: 'image:gone', rc: 1, out: '', err: 'No such image' }];
    const images = readImages({ rc: 0, steps, stderr: '', step: () => undefined, out: () => undefined });
    expect([...images]).toEqual([['web:1', { id: 'sha256:1', digests: [], tags: ['web:1'] }]]);
  });
});
