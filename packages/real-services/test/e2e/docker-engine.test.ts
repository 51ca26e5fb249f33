import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, skipWithout, startDockerEngine, startDockerRegistry, type DockerEngine, type DockerRegistry } from '@davit/real-services';

describe.skipIf(skipWithout('dockerd', 'docker', 'docker-compose', 'docker-registry', 'busybox', 'ip'))('a Docker engine of our own', () => {
  let engine: DockerEngine;
  let registry: DockerRegistry;
  const project = mkdtempSync(join(tmpdir(), 'davit-project-'));

  beforeAll(async () => {
    [engine, registry] = await Promise.all([startDockerEngine(), startDockerRegistry()]);
  });
  afterAll(async () => {
    await Promise.all([engine.stop(), registry.stop()]);
    rmSync(project, { recursive: true });
  });

  it('runs a Compose project from a registry on loopback and publishes its port', async () => {
    const image = `${registry.host}/team/app:1`;
    const id = await engine.importBusybox(image, {
      command: ['httpd', '-f', '-p', '8080', '-h', '/www'],
      files: { '/www/index.html': 'version 1' },
      healthcheck: '--interval=1s CMD wget -q -O- http://127.0.0.1:8080/',
      labels: { 'org.opencontainers.image.revision': 'abc' },
    });
    expect(id).toMatch(/^sha256:[0-9a-f]{64}$/);
    await engine.docker(['push', image]);
    await engine.docker(['image', 'rm', image]);

    const port = await freePort();
    writeFileSync(join(project, 'compose.yaml'), `services:\n  web:\n    image: ${image}\n    ports: ["127.0.0.1:${String(port)}:8080"]\n`);
    await engine.docker(['compose', '-p', 'smoke', 'up', '-d', '--wait'], { cwd: project });
    expect(await (await fetch(`http://127.0.0.1:${String(port)}/`)).text()).toBe('version 1');

    const { stdout } = await engine.docker(['compose', '-p', 'smoke', 'ps', '--format', 'json'], { cwd: project });
    expect(stdout).toContain('healthy');
    // Containers and networks are left for stop() to remove.
  });

  it('resolves service names between the containers of a project', async () => {
    await engine.importBusybox('peer:1', { command: ['httpd', '-f', '-p', '80', '-h', '/www'], files: { '/www/index.html': 'peer' } });
    await engine.docker(['network', 'create', 'names']);
    await engine.docker(['run', '-d', '--network', 'names', '--name', 'peer', 'peer:1']);
    const { stdout } = await engine.docker(['run', '--rm', '--network', 'names', 'peer:1', 'wget', '-q', '-O-', 'http://peer/']);
    expect(stdout).toBe('peer');
  });

  it('stands beside a second engine without a default bridge, and leaves nothing behind', async () => {
    const second = await startDockerEngine({ bridge: 'none' });
    const directory = dirname(second.socket);
    await second.importBusybox('app:1');
    expect((await second.docker(['image', 'ls', '-q', 'app:1'])).stdout).not.toBe('');
    expect((await engine.docker(['image', 'ls', '-q', 'app:1'])).stdout).toBe('');
    await second.docker(['network', 'create', 'left']);
    await second.docker(['run', '-d', '--network', 'left', 'app:1']);
    const mine = (): string[] => Object.keys(networkInterfaces());
    const before = mine();
    await second.stop();
    expect(existsSync(directory)).toBe(false);
    expect(mine().length).toBeLessThan(before.length);
    expect((await engine.docker(['ps', '-q'])).stdout).not.toBe('');
  });
});
