import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseRepository, type HostRelease, type Repository } from '@davit/core';
import { buildImage, memoryRegistry, scriptedDeployer, scriptedProbe, scriptedTests } from '@davit/core/testing';

const top = new URL('../../../', import.meta.url);
const program = readFileSync(new URL('../src/promote.ts', import.meta.url), 'utf8');
const repository = (text: string): Repository => parseRepository(text)._unsafeUnwrap();

const before = process.cwd();
afterEach(() => {
  process.chdir(before);
  vi.restoreAllMocks();
});

describe('the example of the README', () => {
  it('is the program that this test runs, word for word', () => {
    const readme = readFileSync(new URL('README.md', top), 'utf8');
    expect(/```ts\n([\s\S]*?)```/.exec(readme)?.[1]).toBe(program);
  });

  it('promotes, with registries and a host that answer from memory', async () => {
    const registry = memoryRegistry();
    const image = buildImage();
    registry.put(repository('staging.example.com/shop/web'), image, '1.4.2');
    const running: HostRelease = { services: [{ service: 'web', image: `registry.example.com/shop/web@${buildImage({ layers: ['older'] }).digest}` }] };
    const deployer = scriptedDeployer({ hosts: { 'web1.example.com': running } });
    vi.doMock('@davit/adapter-docker-registry', () => ({ dockerRegistry: () => registry }));
    vi.doMock('@davit/adapter-ssh-compose', () => ({ sshCompose: () => deployer }));
    vi.doMock('@davit/checks', () => ({ testCommand: () => scriptedTests(), httpProbe: () => scriptedProbe() }));
    const directory = await mkdtemp(join(tmpdir(), 'davit-readme-'));
    const said: string[] = [];
    vi.spyOn(console, 'log').mockImplementation((line: string) => void said.push(line));
    try {
      process.chdir(directory);
      await import('../src/promote.js');
    } finally {
      process.chdir(before);
      await rm(directory, { recursive: true, force: true });
    }
    expect(said).toEqual(['completed: The promoted image is proven to run and to be healthy.']);
    expect(deployer.host('web1.example.com').running.get('web')?.image).toBe(`registry.example.com/shop/web@${image.digest}`);
  });
});
