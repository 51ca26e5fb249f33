import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findTools, run, skipWithout, startDockerRegistry } from '@davit/real-services';

describe.skipIf(skipWithout('docker-registry', 'perl', 'openssl', 'skopeo'))('a registry of our own', () => {
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

  it('gives tokens to its account and to nobody else, for the scopes that a real client asks for', async () => {
    const registry = await startDockerRegistry({ tokenAuth: { user: 'davit', password: 'secret' } });
    const folder = mkdtempSync(join(tmpdir(), 'davit-image-'));
    try {
      // An image without layers is enough to ask for pull and push.
      const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
      const config = JSON.stringify({ os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [] } });
      const manifest = JSON.stringify({
        schemaVersion: 2,
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: `sha256:${digest(config)}`, size: config.length },
        layers: [],
      });
      const index = JSON.stringify({ schemaVersion: 2, manifests: [{ mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: `sha256:${digest(manifest)}`, size: manifest.length }] });
      mkdirSync(join(folder, 'blobs/sha256'), { recursive: true });
      for (const blob of [config, manifest]) writeFileSync(join(folder, 'blobs/sha256', digest(blob)), blob);
      writeFileSync(join(folder, 'index.json'), index);
      writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');

      const target = `docker://${registry.host}/team/app:1`;
      const copy = (login: string): Promise<{ code: number | null; stderr: string }> =>
        run(findTools().skopeo ?? 'skopeo', ['copy', '--dest-creds', login, '--dest-tls-verify=false', `oci:${folder}`, target], { check: false });
      expect(await copy('davit:wrong')).toMatchObject({ code: 1 });
      expect(registry.tokenService?.granted).toEqual([]);
      expect(await copy('davit:secret')).toMatchObject({ code: 0 });
      expect(registry.tokenService?.granted.flat()).toContain('repository:team/app:pull,push');

      const anonymous = await fetch(`http://${registry.host}/v2/team/app/manifests/1`);
      expect(anonymous.status).toBe(401);
      expect(anonymous.headers.get('www-authenticate')).toContain(`Bearer realm="${registry.tokenService?.realm ?? ''}"`);
    } finally {
      await registry.stop();
      rmSync(folder, { recursive: true });
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
