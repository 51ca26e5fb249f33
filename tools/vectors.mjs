/**
 * Compares the parsers with public test tables: `node tools/vectors.mjs DIRECTORY` (built packages needed).
 *
 * The directory holds references.json, digests.json, image-spec-documents.json, www-authenticate.json, token-scopes.json,
 * realm-and-host.json and link-header.json, as extracted from the test suites of the field. One line a group, one for each
 * case where we disagree; the exit code is 1 where there is such a case. A case is declined, and not counted against us,
 * where its verdict depends on a choice that is ours: which digest algorithms are known, that a port is at most 65535, that
 * names without a host are Docker Hub's, that a header which breaks the grammar is refused rather than read halfway, and
 * that a host stands in a reference as the grammar of references has it.
 * @module
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { endpointOf, guardRealm, mergeScopes, parseChallenges, parseLinks } from '@davit/adapter-docker-registry/client';
import { familiarReference, formatReference, formatRepository, mediaTypes, digestOf, parseDigest, parseImageConfig, parseManifest, parseReference, parseRepository } from '@davit/core';

const agree = 'agree';
const declined = 'declined';

/** What we make of a case, against what the table says. Gives `agree`, `declined` or a sentence. */
const judge = (expected, actual, details = () => []) => {
  if (expected !== actual) return `expected ${expected ? 'accepted' : 'refused'}`;
  const wrong = expected ? details().filter(([, want, got]) => want !== got) : [];
  return wrong.length === 0 ? agree : wrong.map(([name, want, got]) => `${name}: expected ${JSON.stringify(want)}, not ${JSON.stringify(got)}`).join('; ');
};

const withoutTag = ({ tag: _, ...rest }) => rest;

/** How each group is asked. The bare grammar fills in no Docker Hub names, so of its cases only what both agree on is compared. */
const referenceGroups = {
  'grammar-parse': ({ input, ok, repository, tag, digest }) => {
    const result = parseReference(input);
    return judge(ok, result.isOk(), () => [
      ['tag', tag === '' && digest === '' ? 'latest' : tag, result.value.tag ?? ''],
      ['digest', digest, result.value.digest ?? ''],
      ['repository', true, formatRepository(result.value).endsWith(repository)],
    ]);
  },
  'normalised-names': ({ input, ok, familiar, full, domain, path }) => {
    const result = parseReference(input);
    return judge(ok, result.isOk(), () => [
      ['full', full, formatRepository(result.value)],
      ['familiar', familiar, familiarReference(withoutTag(result.value))],
      ['domain', domain, result.value.registry],
      ['path', path, result.value.repository],
    ]);
  },
  'normalised-validity': ({ input, ok }) => judge(ok, parseReference(input).isOk()),
  'docker-ref': ({ input, expected }) => {
    const result = parseReference(input);
    return judge(true, result.isOk(), () => [['reference', expected, formatReference(result.value.digest === undefined ? result.value : withoutTag(result.value))]]);
  },
  'normalised-split': ({ input, domain, path }) => {
    const result = parseReference(input);
    return judge(true, result.isOk(), () => [['domain', domain, result.value.registry], ['path', path, result.value.repository]]);
  },
  'domain-validity': ({ input, ok }) => {
    if (ok && Number(/:([0-9]+)$/.exec(input)?.[1] ?? 0) > 65_535) return declined;
    // A word that does not look like a host names a user of Docker Hub: accepted, as something else.
    return judge(ok, parseRepository(`${input}/x`).isOk());
  },
  'full-name-split': ({ input, ok, subs }) => {
    // The bare grammar takes the first part for a host, and so has room for one part more.
    if (ok && input.length > 255) return declined;
    const result = parseRepository(input);
    return judge(ok, result.isOk(), () => (subs === undefined ? [] : [['name', true, formatRepository(result.value).endsWith(subs.filter((sub) => sub !== '').join('/'))]]));
  },
  'reference-split': ({ input, ok, subs }) => {
    const result = parseReference(input);
    return judge(ok, result.isOk(), () => [['tag', subs[1] === '' && subs[2] === '' ? 'latest' : subs[1], result.value.tag ?? ''], ['digest', subs[2], result.value.digest ?? '']]);
  },
};

const digestGroup = ({ input, ok, algorithm, encoded }) => {
  const result = parseDigest(input);
  return judge(ok, result.isOk(), () => [['digest', `${algorithm}:${encoded}`, result.value]]);
};

const documentGroup = ({ kind, document, valid }) => {
  const bytes = Buffer.from(document);
  const manifest = (text, mediaType) => parseManifest({ bytes: Buffer.from(text), mediaType, digest: digestOf(text) });
  const result =
    kind === 'config' ? parseImageConfig(bytes)
    : kind === 'manifest' ? manifest(document, mediaTypes.ociManifest)
    : kind === 'index' ? manifest(document, mediaTypes.ociIndex)
    : manifest(`{"schemaVersion":2,"manifests":[${document}]}`, mediaTypes.ociIndex);
  if (result.isErr() && result.error.code === 'manifest_unsupported') return valid ? declined : agree;
  return result.isErr() && valid ? `expected accepted: ${result.error.message}` : judge(valid, result.isOk());
};

const sorted = (record) => JSON.stringify(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));

/** A scheme that is neither Basic nor Bearer is unknown to the tables. */
const schemeOf = (challenge) => (challenge?.scheme === 'basic' || challenge?.scheme === 'bearer' ? challenge.scheme : 'unknown');

const challengeGroups = {
  'strict-multi': ({ header, ok, challenges }) => {
    // The table itself calls this one optional: RFC 9110 makes scheme and name tokens.
    if (header.startsWith('"')) return declined;
    const read = parseChallenges(header);
    return judge(ok, read !== null, () => [['challenges', challenges.map(({ scheme, params }) => `${scheme} ${sorted(params)}`).join(), read.map(({ scheme, parameters }) => `${scheme} ${sorted(parameters)}`).join()]]);
  },
  'lenient-single': ({ name, header, scheme, params }) => {
    const read = parseChallenges(header);
    // What breaks the grammar is refused whole, as in strict-multi.
    if (read === null && name.startsWith('bad ')) return declined;
    return judge(true, read !== null, () => [['scheme', scheme, schemeOf(read[0])], ...(params === undefined ? [] : [['parameters', sorted(params), sorted(read[0].parameters)]])]);
  },
  single: ({ header, scheme, params }) => {
    const read = parseChallenges(header);
    return judge(true, read?.length === 1, () => [['scheme', scheme, read[0].scheme], ['parameters', sorted(params), sorted(read[0].parameters)]]);
  },
  escapes: ({ header, challenges }) => {
    const read = parseChallenges(header);
    return judge(true, read !== null, () => [['challenges', challenges.map(({ params }) => sorted(params)).join(), read.map(({ parameters }) => sorted(parameters)).join()]]);
  },
};

const scopeGroups = {
  'merge-scopes': ({ scopes, expected }) => judge(true, true, () => [['scopes', JSON.stringify(expected), JSON.stringify(mergeScopes(scopes))]]),
  'merge-actions': ({ actions, expected }) => judge(true, true, () => [['actions', expected.join(), mergeScopes([`repository:a:${actions.join(',')}`]).join().replace(/^repository:a:/, '')]]),
};

const placeGroups = {
  'realm-allowed': ({ realm, registryHost, insecure, ok }) => {
    const endpoint = endpointOf(registryHost === '' ? 'registry.test' : registryHost, insecure);
    return judge(ok, endpoint !== null && 'url' in guardRealm(realm, endpoint));
  },
  'canonical-host-port': ({ scheme, address, expected }) => {
    const endpoint = endpointOf(address, scheme === 'http');
    // No host of a reference: it is never asked.
    if (endpoint === null) return declined;
    const { host, port } = new URL(endpoint.origin);
    return judge(true, true, () => [['place', expected, port === '' ? `${host}:${scheme === 'http' ? '80' : '443'}` : host]]);
  },
};

const linkGroups = {
  find: ({ headers, param, value, uri, missing }) => {
    const read = parseLinks(headers.join(', '));
    const found = read?.find(({ parameters }) => parameters[param] === value);
    return judge(true, read !== null, () => [['target', missing === true ? undefined : uri, found?.target]]);
  },
  reject: ({ headers }) => judge(false, parseLinks(headers.join(', ')) !== null),
};

const directory = process.argv[2];
if (directory === undefined) {
  console.error('usage: node tools/vectors.mjs DIRECTORY');
  process.exit(2);
}
const read = (name) => JSON.parse(readFileSync(join(directory, name), 'utf8'));
const documents = read('image-spec-documents.json').cases;
const links = read('link-header.json');
const groups = [
  ...read('references.json').groups.map(({ name, cases }) => [`references ${name}`, cases, referenceGroups[name]]),
  ['digests', read('digests.json').cases, digestGroup],
  ...['manifest', 'index', 'config', 'descriptor'].map((kind) => [`documents ${kind}`, documents.filter((each) => each.kind === kind), documentGroup]),
  ...read('www-authenticate.json').groups.map(({ name, cases }) => [`challenges ${name}`, cases, challengeGroups[name]]),
  ...read('token-scopes.json').groups.map(({ name, cases }) => [`scopes ${name}`, cases, scopeGroups[name]]),
  ...read('realm-and-host.json').groups.map(({ name, cases }) => [`hosts ${name}`, cases, placeGroups[name]]),
  ...['find', 'reject'].map((name) => [`links ${name}`, links[name], linkGroups[name]]),
];

let disagreements = 0;
for (const [name, cases, ask] of groups) {
  if (ask === undefined) {
    console.log(`${name.padEnd(32)} ${String(cases.length)} cases, not asked: unknown group`);
    continue;
  }
  const verdicts = cases.map((each) => [each, each.ambiguous === undefined ? ask(each) : declined]);
  const count = (what) => verdicts.filter(([, verdict]) => verdict === what).length;
  const wrong = verdicts.filter(([, verdict]) => verdict !== agree && verdict !== declined);
  disagreements += wrong.length;
  console.log(`${name.padEnd(32)} agree ${String(count(agree)).padStart(3)}  declined ${String(count(declined)).padStart(2)}  disagree ${String(wrong.length).padStart(2)}`);
  for (const [each, verdict] of wrong) console.log(`  ${each.id ?? JSON.stringify(each.input ?? each).slice(0, 160)}: ${each.point ?? ''} ${verdict}`);
}
process.exitCode = disagreements === 0 ? 0 : 1;
