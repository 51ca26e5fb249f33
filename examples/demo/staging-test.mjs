// The demo's staging test: what is to be promoted is in the staging registry, under the digest that Davit resolved.
const { DAVIT_IMAGE, DAVIT_DIGEST } = process.env;
const [, host, repository] = /^([^/]+)\/([^:@]+)/.exec(DAVIT_IMAGE);
const answer = await fetch(`http://${host}/v2/${repository}/manifests/${DAVIT_DIGEST}`, { method: 'HEAD', headers: { accept: 'application/vnd.oci.image.manifest.v1+json' } });
if (!answer.ok) {
  console.error(`${DAVIT_IMAGE}: ${DAVIT_DIGEST} is not on staging (${answer.status})`);
  process.exit(1);
}
console.log('staging answers with the digest that was asked for');
