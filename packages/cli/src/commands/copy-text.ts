/**
 * A copy, and the plan of one, as people read it.
 * @module
 */
import { formatReference, formatRepository, type CopiedTag, type CopyPlan, type CopyReport, type PlannedBlob, type PlannedTag, type Reference } from '@davit/core/images';
import { table } from '../output/layout.js';
import { bytes, count, shortDigest } from '../output/quantities.js';
import type { Style } from '../output/style.js';

const labelWidth = 11;
/** More blobs than this are counted, not listed. */
const mostBlobs = 40;

type Labelled = (name: string, lines: readonly string[]) => string[];
const labels = (style: Style): Labelled => (name, lines) => lines.map((line, at) => `  ${style.dim((at === 0 ? name : '').padEnd(labelWidth))}${line}`);

export function copiedLines(from: Reference, to: Reference, report: CopyReport, style: Style): string[] {
  const { digest, sourceDigest, referrers, skippedReferrers, tags = [] } = report;
  const label = labels(style);
  const cosign = tags.filter(({ kind }) => kind === 'cosign').length;
  const asked = tags.filter(({ kind }) => kind === 'asked');
  return [
    `${style.green(style.marks.passed)} ${style.bold(`${formatRepository(to)}@${digest}`)}`,
    ...label('from', [formatReference(from)]),
    ...label('new index', sourceDigest === undefined ? [] : [`made of the chosen platforms of ${sourceDigest}`]),
    ...label('tag', asked.length === 0 ? ['none was asked for; name one in the target to put one'] : asked.map((tag) => `${tag.tag}: ${tagText(tag)}`)),
    ...label('referrers', referrers === 0 ? [] : [`${count(referrers, 'signature or attestation', 'signatures and attestations')}${cosign === 0 ? '' : `, ${String(cosign)} of them under tags of cosign`}`]),
    ...label('repaired', report.repaired ? ['the target said that it had parts which it lacked; they were sent'] : []),
    ...skippedReferrers.map((skipped) => `  ${style.yellow(style.marks.warning)} ${skipped.digest} was left behind: ${skipped.reason}`),
  ];
}

function tagText({ changed, previous }: CopiedTag): string {
  if (!changed) return 'names it already';
  return previous === undefined || previous === null ? 'names it now' : `names it now; it named ${previous} before`;
}

export function planLines(from: Reference, to: Reference, plan: CopyPlan, style: Style): string[] {
  const label = labels(style);
  const of = (action: PlannedBlob['action']): readonly PlannedBlob[] => plan.blobs.filter((blob) => blob.action === action);
  const [copies, mounts] = [of('copy'), of('mount')];
  const cosign = plan.tags.filter(({ kind, action }) => kind === 'cosign' && action !== 'present');
  return [
    `${style.bold('Would copy')} ${formatReference(from)}`,
    ...label('digest', [plan.sourceDigest]),
    ...label('new index', plan.digest === plan.sourceDigest ? [] : [`${plan.digest}, of the chosen platforms`]),
    ...label('to', [`${formatRepository(to)}${plan.present ? ', which has it' : ''}`]),
    ...label('send', [copies.length === 0 ? 'no blob' : `${bytes(plan.bytes.copy)} in ${count(copies.length, 'blob')}`]),
    ...label('', blobRows(copies)),
    ...label('mount', mounts.length === 0 ? [] : [`${bytes(plan.bytes.mount)} in ${count(mounts.length, 'blob')}, taken over within the registry where it allows that`, ...blobRows(mounts)]),
    ...label('have', of('present').length === 0 ? [] : [`${bytes(plan.bytes.present)} in ${count(of('present').length, 'blob')}`]),
    ...label('elsewhere', plan.foreignBlobs === 0 ? [] : [`${count(plan.foreignBlobs, 'layer')} that registries need not hold; left where they are`]),
    ...label('write', plan.manifests.length === 0 ? ['no manifest'] : [`${count(plan.manifests.length, 'manifest')}: ${plan.manifests.slice(0, 12).map((manifest) => shortened(manifest.label)).join(', ')}${plan.manifests.length > 12 ? ', …' : ''}`]),
    ...label('referrers', plan.referrers === 0 ? [] : [count(plan.referrers, 'signature or attestation', 'signatures and attestations')]),
    ...label('cosign', cosign.length === 0 ? [] : [count(cosign.length, 'tag')]),
    ...label('tags', plan.tags.filter(({ kind }) => kind === 'asked').map((tag) => `${tag.tag}: ${plannedTagText(tag, style)}`)),
    ...plan.skippedReferrers.map((skipped) => `  ${style.yellow(style.marks.warning)} ${skipped.digest} would be left behind: ${skipped.reason}`),
  ];
}

const shortened = (label: string): string => label.replace(/sha\d+:[0-9a-f]{64,}/g, shortDigest);

function blobRows(blobs: readonly PlannedBlob[]): string[] {
  const rows = table(blobs.slice(0, mostBlobs).map(({ descriptor, label }) => [shortDigest(descriptor.digest), bytes(descriptor.size), shortened(label)]));
  return blobs.length > mostBlobs ? [...rows, `and ${String(blobs.length - mostBlobs)} more`] : rows;
}

function plannedTagText({ action, previous }: PlannedTag, style: Style): string {
  switch (action) {
    case 'present':
      return 'names it already';
    case 'conflict':
      return style.red(`exists and names ${previous ?? 'another image'}; --if-tag-exists forbids to put it`);
    case 'move':
      return `would be moved; it names ${previous ?? 'another image'}`;
    case 'put':
      return previous === null ? 'is new' : 'would be put';
  }
}
