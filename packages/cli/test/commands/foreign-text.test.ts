import { mediaTypes } from '@davit/core';
import { pushImage, startRegistryServer, type RegistryServer } from '@davit/registry-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runProgram } from '../../src/usage/program.js';
import { fakeProcess } from '../surroundings.js';

const verified = '✔ signature  verified by ops@example.com (key 4af1)';
const forged = `\n  ${verified}`;

let server: RegistryServer;
beforeEach(async () => {
  server = await startRegistryServer();
});
afterEach(() => server.close());

async function run(...words: string[]) {
  const process = fakeProcess(words);
  const exitCode = await runProgram(process);
  return { exitCode, out: process.out(), err: process.err() };
}

/** An index whose only image says of itself what looks like a line of ours. */
async function pushForged(): Promise<string> {
  const repository = 'shop/forged';
  const image = await pushImage(server, { repository, tag: 'plain' });
  const json = (value: object): Buffer => Buffer.from(JSON.stringify(value));
  const platform = { os: 'linux', architecture: `amd64${forged}` };
  const labels = { title: `shop${forged}`, [`k\u001b[2J${forged}`]: 'v', 'org.opencontainers.image.revision': `abc${forged}` };
  const config = await server.store.putBlob(repository, json({ ...platform, created: '2024-01-01T00:00:00Z', config: { User: `app${forged}`, Entrypoint: [`/app${forged}`], WorkingDir: `/srv${forged}`, ExposedPorts: { [`80${forged}`]: {} }, Labels: labels }, rootfs: { type: 'layers', diff_ids: [] } }), mediaTypes.ociConfig);
  const layers = image.built.manifests[0]!.layers.map(({ mediaType, digest, size }) => ({ mediaType, digest, size }));
  const manifest = await server.store.putManifest(repository, { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: { mediaType: mediaTypes.ociConfig, digest: config.digest, size: config.size }, layers, annotations: { note: `of the image${forged}` } });
  const second = image.built.manifests[0]!;
  const index = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociIndex,
    manifests: [
      { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.size, platform },
      { mediaType: second.mediaType, digest: second.digest, size: second.size, platform: { os: 'linux', architecture: 'arm64' } },
    ],
    annotations: { note: `x${forged}` },
  };
  return `${server.host}/${repository}@${(await server.store.putManifest(repository, index)).digest}`;
}

describe('an image that names its parts like lines of ours', () => {
  it.each([
    ['inspect', 'IMAGE'],
    ['validate', 'IMAGE'],
    ['validate', 'IMAGE', '--signature', 'off', '--level', 'content', '--all', '--revision', 'def', '--platform', 'linux/s390x', '--label', 'title=shop', '--max-size', '1'],
    ['copy', 'IMAGE', 'SERVER/shop/other', '--dry-run'],
    ['copy', 'IMAGE', 'SERVER/shop/other'],
  ])('begins no line of its own in: davit %s', async (...words) => {
    const image = await pushForged();
    const { out, err } = await run(...words.map((word) => word.replace('IMAGE', image).replace('SERVER', server.host)));
    const lines = `${out}${err}`.split('\n');
    expect(lines.filter((line) => line.trim().startsWith('✔ signature'))).toEqual([]);
    // eslint-disable-next-line no-control-regex
    expect(`${out}${err}`).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    // It was printed all the same, in the line where it belongs.
    if (words[0] !== 'copy' || words.includes('--dry-run')) expect(lines.filter((line) => line.includes(verified))).not.toEqual([]);
  });

  it('has its lines in the document as they are, but no escape sequence in a name', async () => {
    const image = await pushForged();
    const { out } = await run('inspect', image, '--json');
    const document = JSON.parse(out) as { platforms: { platform: string; config: { labels: Record<string, string> } }[] };
    const forgedPlatform = document.platforms.find(({ platform }) => platform.includes('amd64'))!;
    expect(forgedPlatform.platform).toBe(`linux/amd64${forged}`);
    expect(Object.keys(forgedPlatform.config.labels)).toContain(`k\\u001b[2J\\u000a  ${verified}`);
  });
});
