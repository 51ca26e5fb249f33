import { describe, expect, it } from 'vitest';
import { localCompose, sshCompose } from '../../src/index.js';

const image = `production.example/shop/web@sha256:${'a'.repeat(64)}`;
const release = { services: [{ service: 'web', image }, { service: 'worker', image }] };

describe('the commands for people (R77)', () => {
  it('log in, go to the project, name the images that are to run, and bring them up without a registry', () => {
    const deployer = sshCompose({ hosts: ['deploy@app1.example.com:2222'], project: { directory: '/srv/shop' } });
    expect(deployer.manualCommands?.('app1.example.com', release)).toEqual([
      'ssh -p 2222 deploy@app1.example.com',
      'cd /srv/shop',
      '# compose.promoted.yaml has to name these images; if it does not, write them there:',
      `#   web: ${image}`,
      `#   worker: ${image}`,
      `docker image inspect --format '{{.Id}}' ${image} || docker pull ${image}`,
      'docker compose up -d --no-build --pull never web worker',
      'docker compose ps --all',
      'docker compose logs --tail 50 web worker',
    ]);
  });

  it('use the files, the engine and the program that the deployer uses, quoted where a shell needs it', () => {
    const deployer = localCompose({ project: { directory: '/srv/my shop', files: ['compose.yaml', 'compose.production.yaml'] }, docker: { command: '/opt/docker', host: 'unix:///run/user/1000/docker.sock', config: '/etc/davit docker' } });
    const lines = deployer.manualCommands?.('local', { services: [{ service: 'web', image }] }) ?? [];
    expect(lines.slice(0, 3)).toEqual(["cd '/srv/my shop'", 'export DOCKER_HOST=unix:///run/user/1000/docker.sock', "export DOCKER_CONFIG='/etc/davit docker'"]);
    expect(lines).toContain('/opt/docker compose -f compose.yaml -f compose.production.yaml -f compose.promoted.yaml up -d --no-build --pull never web');
  });

  it('give an IPv6 address as ssh takes it', () => {
    const deployer = sshCompose({ hosts: [{ address: '2001:db8::1', user: 'deploy' }], project: { directory: '/srv/shop' } });
    expect(deployer.manualCommands?.('2001:db8::1', release)[0]).toBe('ssh deploy@2001:db8::1');
  });
});
