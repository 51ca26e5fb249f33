import { describe, expect, it } from 'vitest';
import { dependenciesOf, readConfig } from '../../src/project/config.js';

const config = readConfig(
  JSON.stringify({
    name: 'shop',
    services: {
      db: { image: 'db:1', environment: { PASSWORD: 'planted' } },
      cache: { image: 'cache:1' },
      migrate: { image: 'web:1', depends_on: { db: { condition: 'service_healthy', required: true } } },
      web: {
        image: 'web:1',
        deploy: { replicas: 3 },
        depends_on: { migrate: { condition: 'service_completed_successfully' }, cache: { condition: 'service_started', required: false }, gone: { required: false } },
        ports: [{ published: '8080', target: 80, protocol: 'tcp', host_ip: '127.0.0.1' }, { published: '9000-9010', target: 90 }, { published: '53', target: 53, protocol: 'udp' }, { target: 1 }],
      },
      worker: { scale: 2, depends_on: { web: {} } },
      one: { deploy: { mode: 'global' }, ports: null, depends_on: null },
    },
  }),
);

describe("Compose's rendering of a project", () => {
  it('gives name, images, replicas and published ports, and nothing that is secret', () => {
    expect(config.name).toBe('shop');
    expect(config.services.get('web')).toMatchObject({ image: 'web:1', replicas: 3, ports: [{ port: 8080, protocol: 'tcp', address: '127.0.0.1' }, { port: 53, protocol: 'udp' }] });
    expect(config.services.get('worker')).toMatchObject({ replicas: 2, image: undefined, ports: [] });
    expect(config.services.get('one')?.replicas).toBe(1);
    expect(JSON.stringify([...config.services])).not.toContain('planted');
  });

  it('tells which other services some services need, by way of others too', () => {
    expect([...dependenciesOf(config, ['web'])].sort()).toEqual(['cache', 'db', 'migrate']);
    expect([...dependenciesOf(config, ['web', 'migrate', 'worker'])].sort()).toEqual(['cache', 'db']);
    expect(dependenciesOf(config, ['db'])).toEqual([]);
  });
});
