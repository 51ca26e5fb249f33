import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { skipWithout, startDockerRegistry } from '@davit/real-services';

describe.skipIf(skipWithout('docker-registry', 'perl'))('a registry of our own', () => {
  it('answers, logs each request, and is gone when it is stopped', async () => {
    const registry = await startDockerRegistry();
    expect((await fetch(`http://${registry.host}/v2/`)).status).toBe(200);
    expect((await fetch(`http://${registry.host}/v2/team/app/manifests/1`)).status).toBe(404);
    expect(readFileSync(registry.logFile, 'utf8')).toContain('GET /v2/team/app/manifests/1');
    await registry.stop();
    await registry.stop();
    await expect(fetch(`http://${registry.host}/v2/`)).rejects.toThrow();
  });

  it('asks for the account of htpasswd', async () => {
    const registry = await startDockerRegistry({ htpasswd: { user: 'davit', password: 'pa$s "word"' } });
    try {
      const ask = async (login: string): Promise<number> => (await fetch(`http://${registry.host}/v2/`, { headers: { authorization: `Basic ${Buffer.from(login).toString('base64')}` } })).status;
      expect(await ask('davit:pa$s "word"')).toBe(200);
      expect(await ask('davit:other')).toBe(401);
      expect((await fetch(`http://${registry.host}/v2/`)).status).toBe(401);
    } finally {
      await registry.stop();
    }
  });

  it('says what the program said when it does not start', async () => {
    const first = await startDockerRegistry();
    try {
      await expect(startDockerRegistry({ port: first.port })).rejects.toThrow('address already in use');
    } finally {
      await first.stop();
    }
  });
});
