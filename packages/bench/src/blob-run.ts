/**
 * Copies the layers of one image in one form, four at a time, and measures itself: `blob-run.js FORM SOURCE TARGET`.
 * @module
 */
import { request } from 'undici';
import { blobForms, type BlobForm } from './blob-forms.js';

const [form = '', source = '', target = ''] = process.argv.slice(2);
const copy = blobForms[form];
if (copy === undefined) throw new Error(`there is no form ${form}`);

const answer = await request(`http://${source}/v2/bench/app/manifests/1`, { headers: { accept: 'application/vnd.oci.image.manifest.v1+json' } });
const { layers } = (await answer.body.json()) as { readonly layers: readonly { readonly digest: string; readonly size: number }[] };

async function one(copyBlob: BlobForm, { digest, size }: (typeof layers)[number]): Promise<void> {
  const session = await request(`http://${target}/v2/bench/app/blobs/uploads/`, { method: 'POST' });
  await session.body.dump();
  const upload = new URL(String(session.headers['location']), `http://${target}`);
  upload.searchParams.set('digest', digest);
  const { sha256, status } = await copyBlob(new URL(`http://${source}/v2/bench/app/blobs/${digest}`), upload, size);
  if (status !== 201 || `sha256:${sha256}` !== digest) throw new Error(`${form}: ${digest} came as ${sha256}, status ${String(status)}`);
}

const started = performance.now();
const before = process.cpuUsage();
const left = [...layers];
await Promise.all(
  Array.from({ length: 4 }, async () => {
    for (let layer = left.shift(); layer !== undefined; layer = left.shift()) await one(copy, layer);
  }),
);
const { user, system } = process.cpuUsage(before);
process.send?.({ wallMs: performance.now() - started, cpuMs: (user + system) / 1000, peakMb: process.resourceUsage().maxRSS / 1024 });
process.exit(0);
