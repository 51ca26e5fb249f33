/**
 * The shape of the images in an environment's release. A text where a list belongs would be read letter by letter.
 * @module
 */
import type { ReleaseImageOptions } from '@davit/core';
import { isFields, isTextList, kindOf, unknownField } from './shape.js';

const imageFields: Readonly<Record<keyof ReleaseImageOptions, true>> = { from: true, to: true, services: true, tags: true };
const tagFields: Readonly<Record<keyof NonNullable<ReleaseImageOptions['tags']>, true>> = { immutable: true, channel: true, rules: true };

/** What is wrong, and with which option; undefined where nothing is. */
export function releaseFault(release: unknown, field: string): { readonly message: string; readonly field: string } | undefined {
  const wrong = (at: string, value: unknown, wanted: string): { readonly message: string; readonly field: string } => ({ message: `${at} is ${kindOf(value)}; it must be ${wanted}`, field: at });
  if (!isFields(release)) return wrong(field, release, 'an object with an image by name: { web: { from: \'…\', to: \'…\' } }');
  for (const [name, image] of Object.entries(release)) {
    const at = `${field}.${name}`;
    if (!isFields(image)) return wrong(at, image, 'an object: { from: \'…\', to: \'…\' }');
    const surplus = unknownField(image, imageFields);
    if (surplus !== undefined) return { message: `${at} has no option ${JSON.stringify(surplus)}; it has ${Object.keys(imageFields).join(', ')}`, field: `${at}.${surplus}` };
    for (const side of ['from', 'to']) if (typeof image[side] !== 'string') return wrong(`${at}.${side}`, image[side], 'a text such as \'registry.example.com/team/app\'');
    const { services, tags } = image;
    if (services !== undefined && !isTextList(services)) return wrong(`${at}.services`, services, 'a list of the names of services');
    if (tags === undefined) continue;
    if (!isFields(tags)) return wrong(`${at}.tags`, tags, 'an object: { immutable: [\'{version}\'], channel: [\'production\'] }');
    const unknown = unknownField(tags, tagFields);
    if (unknown !== undefined) return { message: `${at}.tags has no option ${JSON.stringify(unknown)}; it has ${Object.keys(tagFields).join(', ')}`, field: `${at}.tags.${unknown}` };
    const { rules, ...lists } = tags;
    if (rules !== undefined && !isFields(rules)) return wrong(`${at}.tags.rules`, rules, 'an object: { \'v*\': \'immutable\' }');
    for (const [kind, list] of Object.entries(lists)) if (list !== undefined && !isTextList(list)) return wrong(`${at}.tags.${kind}`, list, 'a list of tags');
  }
  return undefined;
}
