/**
 * How the tags of an image are configured: which there are, and what may happen to those that exist.
 * @module
 */
import { ConfigurationError } from '../errors/index.js';
import { checkTagRules, type TagRules } from '../policy/tag-policy.js';
import { checkTagTemplate } from '../policy/tag-template.js';

export interface TagOptions {
  /**
   * Named once and never moved: templates of `{version}`, `{revision}`, `{tag}`, `{date}` and `{time}` (in UTC, when the
   * promotion was created), `{digest}`; `{revision:12}` is the first twelve characters. Default: `{version}`, where there is one.
   */
  readonly immutable?: readonly string[];
  /** Moved to each release. Default: the environment's name. */
  readonly channel?: readonly string[];
  /**
   * What may happen to a tag that exists, by tag or pattern: `{ 'v*': 'immutable' }`. Default: `allow-if-equal` for immutable
   * tags, `allow-move` for channels.
   */
  readonly rules?: TagRules;
}

/** Throws a `ConfigurationError` that names what is wrong. `field` is the path of the option. */
export function checkTagOptions({ immutable, channel, rules = {} }: TagOptions, field: string): void {
  for (const [name, templates] of Object.entries({ immutable, channel })) {
    for (const template of templates ?? []) {
      const checked = checkTagTemplate(template);
      if (checked.isErr()) throw new ConfigurationError(checked.error.message, { field: `${field}.${name}` });
    }
  }
  const checked = checkTagRules(rules);
  if (checked.isErr()) throw new ConfigurationError(checked.error.message, { field: `${field}.rules` });
}
