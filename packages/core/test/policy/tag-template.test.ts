import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { checkTagTemplate, digestOf, isTag, renderTag, tagValues, tagVariables } from '@davit/core';

const digest = digestOf('image');
const values = tagValues({ version: '1.4.2', revision: 'b6573d0d5a1c9e8f7a6b5c4d3e2f1a0b9c8d7e6f', tag: 'main', digest, createdAt: Date.UTC(2026, 0, 31, 23, 59, 58) });

describe('renderTag', () => {
  it.each([
    ['{version}', '1.4.2'],
    ['{sha}', 'b6573d0d5a1c9e8f7a6b5c4d3e2f1a0b9c8d7e6f'],
    ['{sha:7}', 'b6573d0'],
    ['{revision:12}', 'b6573d0d5a1c'],
    ['promoted-{date}', 'promoted-20260131'],
    ['{date}-{time}', '20260131-235958'],
    ['{tag}_{digest:12}', `main_${digest.slice(7, 19)}`],
    ['stable', 'stable'],
    ['{version:100}', '1.4.2'],
  ])('fills in %s (R21)', (template, tag) => {
    expect(renderTag(template, values)._unsafeUnwrap()).toBe(tag);
    expect(checkTagTemplate(template).isOk()).toBe(true);
  });

  it.each([
    ['{branch}', '{branch} is not known'],
    ['{}', '{} is not known'],
    ['{sha:0}', 'not a length'],
    ['{sha:1:2}', 'not a length'],
    ['{sha:x}', 'not a length'],
    ['v {version}', 'no tag'],
    ['-{version}', 'no tag'],
    ['{version', 'no tag'],
    ['', 'no tag'],
  ])('refuses %j at creation and later', (template, why) => {
    for (const error of [renderTag(template, values)._unsafeUnwrapErr(), checkTagTemplate(template)._unsafeUnwrapErr()]) {
      expect(error).toMatchObject({ code: 'configuration_invalid', field: 'tags' });
      expect(error.message).toContain(why);
    }
  });

  it('says which value is missing', () => {
    expect(renderTag('{version}', { digest: 'x' })._unsafeUnwrapErr().message).toContain('nothing is known for {version}');
    expect(renderTag('{version}', { version: '' })._unsafeUnwrapErr().message).toContain('nothing is known for {version}');
  });

  it('refuses a value that may not stand in a tag instead of changing it', () => {
    expect(renderTag('{version}', { version: '1.0.0+build.5' })._unsafeUnwrapErr().message).toContain('"1.0.0+build.5", which is no tag');
  });

  it('makes a tag or an error of anything, and never looks into what it filled in', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (template, version) => {
        const rendered = renderTag(template, { ...values, version });
        if (rendered.isOk()) expect(isTag(rendered.value)).toBe(true);
      }),
    );
    expect(renderTag('{version}', { version: '{sha}', sha: 'x' }).isErr()).toBe(true);
  });

  it('knows every variable of its list', () => {
    for (const variable of tagVariables) expect(renderTag(`{${variable}}`, values).isOk()).toBe(true);
  });
});

describe('tagValues', () => {
  it('leaves out what is not known', () => {
    expect(tagValues({ digest, createdAt: 0 })).toEqual({ digest: digest.slice(7), date: '19700101', time: '000000' });
  });
});
