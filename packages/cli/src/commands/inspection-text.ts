/**
 * An inspection as people read it.
 * @module
 */
import { table } from '../output/layout.js';
import { bytes, count, time } from '../output/quantities.js';
import type { Style } from '../output/style.js';
import type { Inspection, InspectedLayer, PlatformInspection } from './inspection.js';

const labelWidth = 11;

/** @param usual The platform that is shown whole where there are several: `linux/amd64`. */
export function inspectionLines(inspection: Inspection, usual: string, style: Style): string[] {
  const { reference, digest, platforms, annotations, attestations, layers, referrers, cosignTags, faults, notes, subject } = inspection;
  const label = (name: string, lines: readonly string[]): string[] => lines.map((line, at) => `  ${style.dim((at === 0 ? name : '').padEnd(labelWidth))}${line}`);
  const whole = platforms.find(({ platform }) => platform === usual || platform.startsWith(`${usual}/`)) ?? platforms[0];
  return [
    style.bold(reference),
    ...label('digest', [digest]),
    ...label('kind', [kindOf(inspection)]),
    ...label('refers to', subject === null ? [] : [subject]),
    ...label('annotated', pairs(annotations)),
    ...label('platforms', platforms.length < 2 ? [] : table(platforms.map((each) => [nameOf(each), each.digest, bytes(each.size), count(each.layers.length, 'layer')]))),
    ...(whole === undefined ? [] : platformLines(whole, digest, label, style)),
    ...(platforms.length < 2 ? [] : ['', style.dim('  Another platform: --platform os/arch; all of them: --json')]),
    ...(layers.length === 0 ? [] : label('layers', layerRows(layers))),
    ...(attestations.length === 0 ? [] : ['', ...label('attested', [`${count(attestations.length, 'build attestation')} in the index`])]),
    ...(referrers.length === 0 ? [] : ['', ...label('referrers', table(referrers.map((each) => [each.type, each.digest, bytes(each.size), each.of === digest ? '' : `of ${platformOf(platforms, each.of)}`])))]),
    ...(cosignTags.length === 0 ? [] : ['', ...label('cosign', cosignTags.map((each) => `${each.tag} ${style.marks.arrow} ${each.digest}`))]),
    ...(referrers.length + cosignTags.length === 0 && notes.length === 0 ? ['', ...label('referrers', [style.dim('none: no signatures, no attestations')])] : []),
    ...faults.map(({ severity, message, code }) => `  ${severity === 'error' ? style.red(style.marks.failed) : style.yellow(style.marks.warning)} ${message} ${style.dim(`[${code}]`)}`),
    ...notes.map((note) => `  ${style.yellow(style.marks.warning)} ${note}`),
  ];
}

function kindOf({ kind, mediaType, size, platforms, artifactType, attestations }: Inspection): string {
  const of = kind === 'index' ? `index of ${count(platforms.length, 'image')}${attestations.length === 0 ? '' : ` and ${count(attestations.length, 'attestation')}`}` : kind === 'image' ? 'image' : `artifact of the kind ${artifactType ?? 'unknown'}, no image`;
  return `${of}  (${mediaType}, ${bytes(size)})`;
}

/** `windows/amd64 10.0.17763.6414`: an index for Windows has several images of one platform. */
const nameOf = ({ platform, osVersion }: PlatformInspection): string => (osVersion === undefined ? platform : `${platform} ${osVersion}`);

function platformOf(platforms: readonly PlatformInspection[], digest: string): string {
  const found = platforms.find((each) => each.digest === digest);
  return found === undefined ? digest : nameOf(found);
}

function platformLines(inspected: PlatformInspection, root: string, label: (name: string, lines: readonly string[]) => string[], style: Style): string[] {
  const { digest, config, layers, size, annotations } = inspected;
  const { created, user, entrypoint, command, workingDirectory, ports = [], labels } = config;
  const words = [...(entrypoint ?? []), ...(command ?? [])].map((word) => (/^[\w./:=@%+,-]+$/.test(word) ? word : JSON.stringify(word)));
  return [
    '',
    `  ${style.bold(nameOf(inspected))}`,
    ...label('manifest', digest === root ? [] : [digest]),
    ...label('created', [created === undefined ? style.dim('not said') : createdText(created)]),
    ...label('user', [user === '' ? 'root (none is set)' : user]),
    ...label('runs', [words.length === 0 ? style.dim('nothing by itself') : words.join(' ')]),
    ...label('in', workingDirectory === undefined ? [] : [workingDirectory]),
    ...label('ports', ports.length === 0 ? [] : [ports.join(', ')]),
    ...label('labels', pairs(labels)),
    ...label('annotated', digest === root ? [] : pairs(annotations)),
    ...label('size', [`${bytes(size)} in ${count(layers.length, 'layer')} and the configuration`]),
    ...label('layers', layerRows(layers)),
  ];
}

const createdText = (created: string): string => (Number.isNaN(Date.parse(created)) ? created : time(Date.parse(created)));
const pairs = (of: Readonly<Record<string, string>>): string[] => Object.entries(of).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${key}=${shortened(value)}`);

/** Some labels hold whole documents. */
const longestValue = 500;
const shortened = (value: string): string => (value.length <= longestValue ? value : `${value.slice(0, longestValue)}… (${bytes(Buffer.byteLength(value))}; all of it: --json)`);
const layerRows = (layers: readonly InspectedLayer[]): string[] => table(layers.map(({ digest, size, mediaType }) => [digest, bytes(size), mediaType]));
