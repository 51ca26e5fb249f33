/**
 * What a step reported, in a few words: the facts of its record, read without trust in their shape, because a journal may
 * be of another version.
 * @module
 */
import type { Json, JsonObject } from '@davit/core';
import { bytes, count, shortDigest } from '../output/quantities.js';

export interface FactText {
  /** A few words behind the step's name; empty where there is nothing to say. */
  readonly detail: string;
  /** Sentences that must not be overlooked. */
  readonly warnings: readonly string[];
}

const isObject = (value: Json | undefined): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);
const object = (value: Json | undefined): JsonObject => (isObject(value) ? value : {});
const list = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : []);
const texts = (value: Json | undefined): readonly string[] => list(value).filter((item): item is string => typeof item === 'string');
const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '');
const number = (value: Json | undefined): number => (typeof value === 'number' ? value : 0);
/** `web: copied`, for each image or host; without the name where there is only one. */
const byName = (facts: JsonObject, say: (of: JsonObject) => string): string => {
  const entries = Object.entries(facts).filter((entry): entry is [string, JsonObject] => isObject(entry[1]));
  return entries.map(([name, of]) => (entries.length === 1 ? say(of) : `${name}: ${say(of)}`)).filter((words) => words !== '' && !words.endsWith(': ')).join('; ');
};
const only = (detail: string): FactText => ({ detail, warnings: [] });

type Reader = (facts: JsonObject) => FactText;

const checked: Reader = ({ findings }) => {
  const found = list(findings).map(object);
  return { detail: '', warnings: found.filter(({ severity }) => severity === 'warning').map(({ message, image }) => `${text(image)}: ${text(message)}`) };
};

/** `pulled on app-1, app-2; there already on app-3`; without the host where there is only one. */
const byHost = (say: (of: JsonObject) => string): Reader => (facts) => {
  const hostsBy = new Map<string, string[]>();
  const entries = Object.entries(facts).filter((entry): entry is [string, JsonObject] => isObject(entry[1]));
  for (const [host, of] of entries) hostsBy.set(say(of), [...(hostsBy.get(say(of)) ?? []), host]);
  return only([...hostsBy].map(([words, on]) => (entries.length === 1 ? words : `${words} on ${on.join(', ')}`)).join('; '));
};

const changedOrNot = (changed: string, same: string): Reader => byHost((of) => (of['changed'] === true ? changed : same));

const stopped: Reader = byHost(({ survivors }) => (texts(survivors).length === 0 ? 'stopped' : `${texts(survivors).join(', ')} still running`));

/** Names of hosts, as they stand as keys. */
const hosts: Reader = (facts) => only(Object.keys(facts).filter((name) => isObject(facts[name])).join(', '));

const copied: Reader = (facts) =>
  only(
    byName(facts, (image) => {
      if (image['present'] === true && number(image['bytesCopied']) === 0) return 'there already';
      const blobs = object(image['blobs']);
      const [moved, mounted, present] = [number(blobs['copied']), number(blobs['mounted']), number(blobs['present'])];
      const parts = [
        ...(moved + mounted + present === 0 ? ['no blob had to be copied'] : []),
        ...(moved > 0 ? [`${bytes(number(image['bytesCopied']))} in ${count(moved, 'blob')} copied`] : []),
        ...(mounted > 0 ? [moved > 0 ? `${String(mounted)} mounted` : `${count(mounted, 'blob')} mounted`] : []),
        ...(present > 0 ? [moved + mounted > 0 ? `${String(present)} there already` : `${count(present, 'blob')} there already`] : []),
      ];
      return `${parts.join(', ')}${image['repaired'] === true ? '; the target had to be repaired' : ''}`;
    }),
  );

const tagsApplied: Reader = (facts) =>
  only(
    byName(facts, (image) => {
      const named = texts(image['named']);
      if (named.length === 0) return 'no version tags';
      return texts(image['put']).length === 0 ? `${named.join(', ')}: there already` : named.join(', ');
    }),
  );

const tagsMoved: Reader = ({ moved }) => only(texts(moved).length === 0 ? 'they name this image already' : texts(moved).join(', '));

const tagsRestored: Reader = ({ restored, moved, left }) => {
  const back = [...texts(restored), ...texts(moved)];
  return { detail: back.length === 0 ? 'nothing to put back' : back.join(', '), warnings: texts(left).filter((what) => !what.endsWith(': already')).map((what) => `left as it is: ${what}`) };
};

const endpoints: Reader = (facts) => only(Object.entries(object(facts['endpoints'])).map(([target, summary]) => `${target}: ${text(summary)}`).join('; ') || 'none are configured');

const noted: Reader = ({ previous }) => {
  const without = Object.entries(object(previous)).filter(([, of]) => object(of)['release'] === null).map(([host]) => host);
  return { detail: '', warnings: without.length === 0 ? [] : [`nothing to return to on ${without.join(', ')}: if this deployment fails there, it cannot be rolled back`] };
};

const readers: Readonly<Record<string, Reader>> = {
  'tests.run': (facts) => only(typeof facts['off'] === 'string' ? `off: ${facts['off']}` : [text(facts['summary']), text(facts['url'])].filter((part) => part !== '').join('  ')),
  'validation.size': checked,
  'validation.layers': checked,
  'validation.metadata': checked,
  'validation.signature': checked,
  'approval.require': ({ needed, reason }) => only(`${needed === false ? 'no' : 'yes'}: ${text(reason)}`),
  'approval.evaluate': ({ verdict, reason }) => only(text(reason) === '' ? text(verdict) : text(reason)),
  'promotion.proceed': ({ holds }) => only(text(holds)),
  'image.copy': copied,
  'tags.apply': tagsApplied,
  'registry.update': tagsMoved,
  'registry.restore': tagsRestored,
  'deployment.trigger': noted,
  'deployment.preflight': (facts) => ({ detail: hosts(facts).detail, warnings: Object.entries(facts).flatMap(([host, of]) => texts(object(of)['warnings']).map((warning) => `${host}: ${warning}`)) }),
  'deployment.pull': changedOrNot('pulled', 'there already'),
  'deployment.update': changedOrNot('pinned', 'pinned already'),
  'deployment.restart': changedOrNot('restarted', 'runs already'),
  'deployment.health': hosts,
  'deployment.endpoints': endpoints,
  'deployment.proof': hosts,
  'deployment.markUnhealthy': ({ digests }) => only(`${texts(digests).map(shortDigest).join(', ')} is refused here from now on`),
  'promotion.complete': ({ warnings }) => ({ detail: '', warnings: texts(warnings) }),
  'rollback.target': ({ missing }) => ({ detail: '', warnings: texts(missing).map((host) => `${host} has no previous image`) }),
  'rollback.stop': stopped,
  'rollback.forceStop': stopped,
  'rollback.update': changedOrNot('pinned', 'pinned already'),
  'rollback.restart': changedOrNot('restarted', 'runs already'),
  'rollback.health': (facts) => (isObject(facts['endpoints']) && Object.keys(facts['endpoints']).length > 0 ? endpoints(facts) : only(Object.keys(facts).filter((name) => name !== 'endpoints' && isObject(facts[name])).join(', '))),
  'rollback.proof': hosts,
  'rollback.tags': tagsRestored,
};

export function factText(step: string, facts: Json | undefined): FactText {
  const reader = Object.hasOwn(readers, step) ? readers[step] : undefined;
  return reader === undefined ? only('') : reader(object(facts));
}
