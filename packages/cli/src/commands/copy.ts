/**
 * `davit copy`: an image from one repository to another, digest for digest, without a configuration (R97).
 * @module
 */
import { copyImage, err, failure, formatReference, formatRepository, ok, planCopy, readBack, type Call, type CopyPlan, type CopyReport, type CopyRequest, type DavitError, type PlannedTag, type Progress, type Repository, type Result } from '@davit/core/images';
import type { CommandContext } from '../command-context.js';
import { fail } from '../fail.js';
import { interruption } from '../interruption.js';
import { errorDocument } from '../output/error-text.js';
import { cleaner, type Clean } from '../output/printable.js';
import { factText } from '../story/fact-text.js';
import { showWaits } from '../story/show-waits.js';
import { viewOf } from '../story/view-of.js';
import { optionsOf, wishOf, type CopyFlags, type CopyWish } from './copy-request.js';
import { copiedLines, planLines } from './copy-text.js';
import { frugal } from './frugal-source.js';
import { openRegistry } from './registries.js';
import { runAgain } from './run-again.js';

export type { CopyFlags } from './copy-request.js';

export async function copy(context: CommandContext, flags: CopyFlags): Promise<number> {
  const wished = wishOf(flags);
  if (wished.isErr()) return fail(context, wished.error);
  const { from, to, platforms } = wished.value;
  const { output, surroundings } = context;
  const more = flags.parallel === undefined ? {} : { parallel: flags.parallel };
  const opened = await openRegistry({ registry: from.registry, flags: flags.src, prefix: 'src-', ...more }, surroundings);
  if (opened.isErr()) return fail(context, opened.error);
  const source = opened.value;
  const openedTarget = await openRegistry({ registry: to.registry, flags: flags.dst, prefix: 'dst-', ...more }, surroundings);
  if (openedTarget.isErr()) return fail(context, openedTarget.error);
  const target = openedTarget.value;
  const clean = cleaner(() => [...source.secrets(), ...target.secrets()]);
  const stop = interruption(surroundings, (line) => output.say(line), { keeps: false });
  try {
    const resolved = await showWaits(context, { what: 'Look up the image', clean, stop }, (call) => source.resolve(from, call));
    if (resolved.isErr()) return fail(context, runAgain(resolved.error), { clean, beginning: true, signal: stop.received() });
    const { digest } = resolved.value;
    if (to.digest !== undefined && to.digest !== digest) {
      return fail(context, failure('usage_invalid', `${flags.source} is ${digest}, and the target asks for ${to.digest}`, { expected: to.digest, actual: digest }), { clean });
    }
    const request: CopyRequest = { name: from.repository, source, from: { ...from, digest }, target, to, ...optionsOf(flags, wished.value) };
    if (flags.dryRun === true) {
      const planned = await showWaits(context, { what: 'Plan the copy', clean, stop }, (call) => planCopy(request, call));
      return planned.isErr() ? fail(context, runAgain(planned.error), { clean, beginning: platforms.length > 0, signal: stop.received() }) : showPlan(context, wished.value, clean(planned.value));
    }
    const copied = await carryOut(context, request, clean, stop);
    if (copied.isErr()) return fail(context, runAgain(whatIsLeft(copied.error)), { clean, beginning: platforms.length > 0, signal: stop.received() });
    return showCopy(context, wished.value, clean(copied.value));
  } finally {
    stop.end();
    await Promise.allSettled([source.close(), target.close()]);
  }
}

async function carryOut(context: CommandContext, request: CopyRequest, clean: Clean, stop: ReturnType<typeof interruption>): Promise<Result<CopyReport, DavitError>> {
  const { now } = context.surroundings;
  const view = viewOf(context, { blobs: true });
  const what = 'Copy the image';
  const startedAt = now();
  stop.answerTo((line) => view.say(context.output.style.yellow(line)));
  try {
    view.tell({ tone: 'started', at: startedAt, what, detail: '' });
    const copied = await copyAndProve({ ...request, source: frugal(request.source) }, { signal: stop.signal, progress: (progress: Progress) => view.progress(clean(progress)) });
    if (copied.isOk()) view.tell({ tone: 'passed', at: now(), what, tookMs: now() - startedAt, ...wordsOfCopy(copied.value) });
    else if (stop.received() !== undefined) view.tell({ tone: 'stopped', at: now(), what, detail: 'interrupted', tookMs: now() - startedAt });
    else view.tell({ tone: 'failed', at: now(), what, detail: '', tookMs: now() - startedAt });
    return copied;
  } finally {
    view.end();
    stop.answerTo((line) => context.output.say(line));
  }
}

/** What was written is read back: with the tag that was put, or without one by its digest. */
async function copyAndProve(request: CopyRequest, call: Call): Promise<Result<CopyReport, DavitError>> {
  const copied = await copyImage(request, call);
  if (copied.isErr()) return err(copied.error);
  const { digest, manifests, tags = [] } = copied.value;
  if (manifests.written === 0 || tags.some((tag) => tag.kind === 'asked')) return ok(copied.value);
  const { name, target, to } = request;
  return (await readBack({ name, target, to, digest }, call)).map(() => copied.value);
}

/** The words that a promotion has for the same facts. */
const wordsOfCopy = (report: CopyReport): { readonly detail: string } => ({ detail: factText('image.copy', { image: JSON.parse(JSON.stringify(report)) as never }).detail });

/** What is there already is not copied again, which whoever was interrupted wants to know. */
function whatIsLeft(error: DavitError): DavitError {
  return error.code === 'interrupted' ? failure('interrupted', 'the copy was interrupted; the same command copies only what is left') : error;
}

function showCopy({ output }: CommandContext, { from, to }: CopyWish, report: CopyReport): number {
  const { tags = [] } = report;
  output.say('', ...copiedLines(from, to, report, output.style));
  // A tag that was put without asking may have named the image before: then nobody knows.
  const put = tags.filter((tag) => tag.changed);
  const changed = report.manifests.written > 0 || put.some((tag) => tag.previous !== undefined) ? true : put.length > 0 ? null : false;
  output.document({ ...report, tags, image: imageOf(to, report), source: formatReference(from), changed });
  return 0;
}

/** A tag that could not be put lets a plan fail as it would let the copy. */
function showPlan({ output }: CommandContext, { from, to }: CopyWish, plan: CopyPlan): number {
  output.say(...planLines(from, to, plan, output.style));
  const { manifests, blobs, ...rest } = plan;
  const image = imageOf(to, plan);
  const conflicts = plan.tags.filter(({ action }) => action === 'conflict');
  const exitCode = 1;
  output.document({
    ...rest,
    image,
    dryRun: true,
    manifests: manifests.map(({ raw, role, label }) => ({ digest: raw.digest, role, label })),
    blobs: blobs.map(({ descriptor, label, action }) => ({ digest: descriptor.digest, size: descriptor.size, label, action })),
    ...(conflicts.length === 0 ? {} : { error: errorDocument(conflictOf(image, conflicts)), exitCode }),
  });
  return conflicts.length === 0 ? 0 : exitCode;
}

function conflictOf(image: string, conflicts: readonly PlannedTag[]): DavitError {
  return failure('tag_conflict', `${image}: --if-tag-exists forbids to put ${conflicts.map(({ tag, previous }) => `${tag}, which names ${previous ?? 'another image'}`).join('; ')}`, { tag: conflicts.map(({ tag }) => tag).join(', ') });
}

const imageOf = (to: Repository, { digest }: Pick<CopyPlan, 'digest'>): string => `${formatRepository(to)}@${digest}`;
