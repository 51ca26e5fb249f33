/**
 * Names of tags with places to fill in: `{version}`, `{revision:12}`, `promoted-{date}` (R21).
 * @module
 */
import { failure, type UseError } from '../errors/index.js';
import { digestHex, isTag, type Digest } from '../image/index.js';
import { err, ok, type Result } from '../result.js';

/** What a template may name. */
export const tagVariables = ['version', 'revision', 'sha', 'tag', 'digest', 'date', 'time'] as const;
export type TagVariable = (typeof tagVariables)[number];
export type TagValues = Readonly<Partial<Record<TagVariable, string>>>;

/** What is known of an image when its tags are made. */
export interface TagSubject {
  /** The release's version, where the caller named one. */
  readonly version?: string;
  /** The tested revision, where the caller named one. */
  readonly revision?: string;
  /** The tag that the image was resolved from, where it was one. */
  readonly tag?: string;
  readonly digest: Digest;
  /** When the promotion was created; milliseconds since 1970. Not the time of tagging: a resumed run must make the same tags. */
  readonly createdAt: number;
}

/** The values of an image: `sha` is the short word for its revision, `date` is `20260131` and `time` `235959`, both in UTC; `digest` is the hexadecimal part. */
export function tagValues(subject: TagSubject): TagValues {
  const { version, revision, tag, digest, createdAt } = subject;
  const [date, time] = new Date(createdAt).toISOString().replace(/[-:]/g, '').slice(0, 15).split('T');
  return {
    ...(version === undefined ? {} : { version }),
    ...(revision === undefined ? {} : { revision, sha: revision }),
    ...(tag === undefined ? {} : { tag }),
    digest: digestHex(digest),
    ...(date === undefined ? {} : { date }),
    ...(time === undefined ? {} : { time }),
  };
}

type TemplateFault = UseError;

/** Whether a template can be filled in at all: its places are known and what stands around them may stand in a tag. For use at creation. */
export function checkTagTemplate(template: string): Result<void, TemplateFault> {
  const sample = fill(template, () => ok('0'));
  return sample.andThen((text) => (isTag(text) ? ok(undefined) : err(fault(template, `with every place filled in it is ${JSON.stringify(text)}, which is no tag`))));
}

/** Fills a template in. Errors `configuration_invalid`: an unknown place, one without a value, or a result that is no tag. */
export function renderTag(template: string, values: TagValues): Result<string, TemplateFault> {
  const text = fill(template, (variable) => {
    const value = values[variable];
    return value === undefined || value === '' ? err(fault(template, `nothing is known for {${variable}}`)) : ok(value);
  });
  return text.andThen((tag) => (isTag(tag) ? ok(tag) : err(fault(template, `it becomes ${JSON.stringify(tag.slice(0, 150))}, which is no tag (letters, digits, _ . -; at most 128; not beginning with . or -)`))));
}

function fill(template: string, valueOf: (variable: TagVariable) => Result<string, TemplateFault>): Result<string, TemplateFault> {
  let text = '';
  let at = 0;
  for (const place of template.matchAll(/\{([^{}]*)\}/g)) {
    text += template.slice(at, place.index);
    at = place.index + place[0].length;
    const [name = '', length, ...surplus] = (place[1] ?? '').split(':');
    const variable = tagVariables.find((known) => known === name);
    if (variable === undefined) return err(fault(template, `{${place[1] ?? ''}} is not known; write one of ${tagVariables.map((known) => `{${known}}`).join(' ')}`));
    if (surplus.length > 0 || (length !== undefined && !/^[1-9][0-9]{0,2}$/.test(length))) return err(fault(template, `{${place[1] ?? ''}} is not a length; write {${variable}:12} for the first twelve characters`));
    const value = valueOf(variable);
    if (value.isErr()) return err(value.error);
    text += length === undefined ? value.value : value.value.slice(0, Number(length));
  }
  return ok(text + template.slice(at));
}

function fault(template: string, why: string): TemplateFault {
  return failure('configuration_invalid', `tag template ${JSON.stringify(template.slice(0, 150))}: ${why}`, { field: 'tags', actual: template.slice(0, 150) });
}
