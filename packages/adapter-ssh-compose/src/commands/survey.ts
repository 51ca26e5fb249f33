/**
 * Looks at everything that a decision on a host needs; changes nothing.
 * @module
 */
import { quote } from '../quote.js';
import { defaultNames } from '../project/env-file.js';
import { file, fileFunction, images, imagesOfContainers, inspectFunction, projectContainers } from './inspect.js';
import { fileNameOf } from './lock.js';
import { composeFunction, enter, prelude, type Place } from './prelude.js';

export interface SurveyOptions {
  /** Images to look for, by name. */
  readonly images?: readonly string[];
  /** Also the ledger and the records of deployments. */
  readonly ledger?: boolean;
  /** Also the pin file and `.env`, as they are. */
  readonly files?: boolean;
  /** Also what this promotion noted and kept before it changed the pin. */
  readonly promotion?: string;
}

/** Step `records`: what deployments noted before they changed anything, newest first; one JSON line each. */
export const recordsPart = `records() { ls -t "$state/backups" 2>/dev/null | head -n 5 | while IFS= read -r davit_one; do cat "$state/backups/$davit_one/record.json" 2>/dev/null || :; done; }
step records records`;

/** Steps `config`, `containers`, `image:…`; and `file:…` and `records` where they are asked for. */
export function surveyScript(place: Place, options: SurveyOptions = {}): string {
  return [
    prelude(place),
    composeFunction(place),
    inspectFunction,
    fileFunction,
    enter,
    'step config compose config --format json',
    projectContainers,
    imagesOfContainers,
    ...(options.files === true ? filesPart(place) : []),
    images(options.images ?? []),
    ...(options.ledger === true ? [file('ledger', '"$state/releases.jsonl"'), recordsPart] : []),
    ...(options.promotion === undefined ? [] : ['record.json', 'pin'].map((name) => file(`backup:${name}`, `"$state/backups/${fileNameOf(options.promotion ?? '')}/${name}"`))),
  ].join('\n');
}

/** Steps `names`, `file:pin` and `file:environment`. */
export function filesPart(place: Place): readonly string[] {
  const names = place.files ?? defaultNames;
  return [
    `names() { for davit_file in ${names.map(quote).join(' ')}; do [ ! -e "$davit_file" ] || printf '%s\\n' "$davit_file"; done; }`,
    'step names names',
    file('pin', quote(place.pinFile)),
    file('environment', '.env'),
  ];
}
