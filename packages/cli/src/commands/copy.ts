/**
 * `davit copy`: an image from one repository to another, digest for digest, without a configuration (R97).
 * @module
 */
import { copyImage, err, failure, formatReference, formatRepository, moveChannelTag, ok, parseReference, parseRepository, planCopy, readBack, type CopyPlan, type CopyReport, type CopyRequest, type DavitError, type Digest, type Progress, type Reference, type Result, type TagChange } from '@davit/core/images';
import type { CommandContext } from '../command-context.js';
import { fail } from '../fail.js';
import { interruption } from '../interruption.js';
import { cleaner, type Clean } from '../output/printable.js';
import { bytes, count } from '../output/quantities.js';
import { factText } from '../story/fact-text.js';
import { viewOf } from '../story/view-of.js';
import { openRegistry } from './registries.js';

export interface CopyFlags {
  readonly source: string;
  readonly target: string;
  readonly plainHttp?: boolean;
  readonly sourcePlainHttp?: boolean;
  readonly targetPlainHttp?: boolean;
  /** False: what refers to the image stays behind. */
  readonly referrers?: boolean;
  readonly parallel?: number;
  readonly dryRun?: boolean;
}

interface Places {
  readonly from: Reference;
  readonly to: Reference;
  /** The tag that the copy gets; none where the target names none. */
  readonly tag: string | undefined;
}

export async function copy(context: CommandContext, flags: CopyFlags): Promise<number> {
  const places = placesOf(flags);
  if (places.isErr()) return fail(context, places.error);
  const { from, to, tag } = places.value;
  const { output, surroundings } = context;
  const plain = (one: boolean | undefined, registry: string): readonly string[] => (flags.plainHttp === true || one === true ? [registry] : []);
  // Each side has connections of its own, also where both are one registry.
  const source = await openRegistry(plain(flags.sourcePlainHttp, from.registry));
  const target = await openRegistry(plain(flags.targetPlainHttp, to.registry));
  const clean = cleaner(() => [...source.secrets(), ...target.secrets()]);
  const stop = interruption(surroundings, (line) => output.say(line));
  const call = { signal: stop.signal };
  try {
    const resolved = await source.resolve(from, call);
    if (resolved.isErr()) return fail(context, resolved.error, { clean, beginning: true, signal: stop.received() });
    const { digest } = resolved.value;
    if (to.digest !== undefined && to.digest !== digest) {
      return fail(context, failure('usage_invalid', `${flags.source} is ${digest}, and the target asks for ${to.digest}`, { expected: to.digest, actual: digest }), { clean });
    }
    const request: CopyRequest = { name: from.repository, source, from: { ...from, digest }, target, to, referrers: flags.referrers ?? true, ...(flags.parallel === undefined ? {} : { parallel: flags.parallel }) };
    if (flags.dryRun === true) {
      const planned = await planCopy(request, call);
      return planned.isErr() ? fail(context, planned.error, { clean, signal: stop.received() }) : showPlan(context, clean(planned.value), tag);
    }
    const copied = await carryOut(context, request, clean, stop);
    if (copied.isErr()) return fail(context, resumable(copied.error), { clean, signal: stop.received() });
    const tagged = tag === undefined ? ok(undefined) : await moveChannelTag({ name: from.repository, target, to, tag, digest }, call);
    if (tagged.isErr()) return fail(context, tagged.error, { clean, signal: stop.received() });
    return showCopy(context, { from, to, digest }, clean(copied.value), tagged.value);
  } finally {
    stop.end();
    await Promise.allSettled([source.close(), target.close()]);
  }
}

function placesOf({ source, target }: CopyFlags): Result<Places, DavitError> {
  return parseReference(source).andThen((from) =>
    parseReference(target).andThen((to) => {
      // A target without a tag is filled in with `latest` when it is parsed; nobody asked for that tag.
      const bare = parseRepository(target).isOk();
      const tag = bare ? undefined : to.tag;
      if (formatRepository(from) === formatRepository(to) && tag === undefined) return err(failure('usage_invalid', 'source and target are the same repository; name another one, or a tag for the target'));
      return ok({ from, to, tag });
    }),
  );
}

async function carryOut(context: CommandContext, request: CopyRequest, clean: Clean, stop: ReturnType<typeof interruption>): Promise<Result<CopyReport, DavitError>> {
  const { now } = context.surroundings;
  const view = viewOf(context);
  const what = 'Copy the image';
  const startedAt = now();
  stop.answerTo((line) => view.say(context.output.style.yellow(line)));
  try {
    view.tell({ tone: 'started', at: startedAt, what, detail: '' });
    const call = { signal: stop.signal, progress: (progress: Progress) => view.progress(clean(progress)) };
    const { name, target, to, from } = request;
    const copied = await copyImage(request, call).andThen((report) => readBack({ name, target, to, digest: from.digest }, call).map(() => report));
    if (copied.isOk()) view.tell({ tone: 'passed', at: now(), what, tookMs: now() - startedAt, ...wordsOfCopy(copied.value) });
    else if (stop.received() !== undefined) view.tell({ tone: 'stopped', at: now(), what, detail: 'interrupted', tookMs: now() - startedAt });
    return copied;
  } finally {
    view.end();
    stop.answerTo((line) => context.output.say(line));
  }
}

/** The words that a promotion has for the same facts. */
const wordsOfCopy = (report: CopyReport): { readonly detail: string } => ({ detail: factText('image.copy', { image: JSON.parse(JSON.stringify(report)) as never }).detail });

/** What is there already is not copied again, which whoever was interrupted wants to know. */
function resumable(error: DavitError): DavitError {
  return error.code === 'interrupted' ? failure('interrupted', 'the copy was interrupted; the same command copies only what is left') : error;
}

function showCopy({ output }: CommandContext, { from, to, digest }: { readonly from: Reference; readonly to: Reference; readonly digest: Digest }, report: CopyReport, tagged: TagChange | undefined): number {
  const image = `${formatRepository(to)}@${digest}`;
  const { style } = output;
  const tag = tagged === undefined ? undefined : `${tagged.tag}: ${tagged.changed ? `names it now${tagged.previous === null ? '' : `; it named ${tagged.previous} before`}` : 'names it already'}`;
  output.say(
    '',
    `${style.green(style.marks.passed)} ${style.bold(image)}`,
    `  ${style.dim('from')}       ${formatReference(from)}`,
    `  ${style.dim('tag')}        ${tag ?? 'none was asked for; name one in the target to put one'}`,
    ...(report.referrers === 0 ? [] : [`  ${style.dim('referrers')}  ${count(report.referrers, 'signature or attestation', 'signatures and attestations')}`]),
    ...report.skippedReferrers.map((skipped) => `  ${style.yellow(style.marks.warning)} ${skipped.digest} was left behind: ${skipped.reason}`),
  );
  const changed = report.manifests.written > 0 || tagged?.changed === true;
  output.document({ ...report, image, source: formatReference(from), tag: tagged ?? null, changed });
  return 0;
}

function showPlan({ output }: CommandContext, plan: CopyPlan, tag: string | undefined): number {
  const copies = plan.blobs.filter(({ action }) => action === 'copy').length;
  const { style } = output;
  output.say(
    `${style.bold('Would copy')} ${plan.from}@${plan.digest}`,
    `  ${style.dim('to')}    ${plan.to}${tag === undefined ? '' : `:${tag}`}`,
    `  ${style.dim('send')}  ${plan.present ? 'nothing: the image is there' : `${bytes(plan.bytes.copy)} in ${count(copies, 'blob')}, ${count(plan.manifests.length, 'manifest')}`}`,
    `  ${style.dim('have')}  ${bytes(plan.bytes.present)} there already, ${bytes(plan.bytes.mount)} to be mounted`,
  );
  const { manifests, blobs, ...rest } = plan;
  output.document({ ...rest, tag: tag ?? null, dryRun: true, manifests: manifests.map(({ raw, role, label }) => ({ digest: raw.digest, role, label })), blobs: blobs.map(({ descriptor, action }) => ({ digest: descriptor.digest, size: descriptor.size, action })) });
  return 0;
}
