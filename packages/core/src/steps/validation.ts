/**
 * Chart 1: the image, or every image of the release, before it is promoted (R36–R49).
 * @module
 */
import { failure, type DavitError } from '../errors/index.js';
import { asJson } from '../journal/record.js';
import type { StepId } from '../machine/index.js';
import type { Call, Finding, InspectedImage } from '../ports/index.js';
import { err, ok, ResultAsync, type Result } from '../result.js';
import { checkCustom, checkMetadata, checkParts, checkSignature, checkSize, inspectImage } from '../validation/index.js';
import type { Environment } from './environment.js';
import { sourceOf } from './release.js';
import { failed, passed, type Step, type StepContext } from './step.js';

type CheckOne = (image: InspectedImage, c: StepContext) => ResultAsync<readonly Finding[], DavitError> | Result<readonly Finding[], DavitError>;

const verdicts = { 'validation.size': 'image_too_large', 'validation.layers': 'image_corrupted', 'validation.metadata': 'invalid_metadata', 'validation.signature': 'invalid_signature' } as const;

/** A record has room for so many findings; the message counts the rest. */
const mostFindings = 50;

function checkStep(id: StepId & keyof typeof verdicts, check: CheckOne): Step {
  return {
    id,
    perform: async (c) => {
      const findings: (Finding & { readonly image: string })[] = [];
      for (const image of c.release) {
        const inspected = await inspectImage(image.name, sourceOf(image), c.environment.source, c.call, c.clock);
        if (inspected.isErr()) return failed(inspected.error.code === 'document_invalid' ? { ...inspected.error, code: verdicts[id] } : inspected.error);
        const found = await check(c.created.revision === undefined ? inspected.value : { ...inspected.value, revision: c.created.revision }, c);
        if (found.isErr()) return failed(found.error);
        findings.push(...found.value.map((finding) => ({ ...finding, image: image.name })));
      }
      const facts = asJson({ findings: findings.slice(0, mostFindings), found: findings.length });
      const [first, ...more] = findings.filter(({ severity }) => severity === 'error');
      if (first === undefined) return passed(facts);
      const others = more.length === 0 ? '' : ` (and ${String(more.length)} more)`;
      return failed(
        failure(verdicts[id], `${first.image}: ${first.message}${others}`, {
          check: first.code,
          field: first.path,
          ...(first.expected === undefined ? {} : { expected: first.expected }),
          ...(first.actual === undefined ? {} : { actual: first.actual }),
        }),
        { facts },
      );
    },
  };
}

/** An organisation's own checks are made with those of the metadata, and fail like them. */
async function metadataAndCustom(image: InspectedImage, { checks, source }: Environment, now: number, call: Call): Promise<Result<readonly Finding[], DavitError>> {
  const findings: Finding[] = [];
  const standard = checkMetadata(image, checks, now);
  if (standard.isOk()) findings.push(...standard.value);
  for (const custom of checks.custom ?? []) {
    const found = await checkCustom(custom, image, source, call);
    if (found.isErr()) return err(found.error);
    findings.push(...found.value);
  }
  return ok(findings);
}

export const validationSteps: readonly Step[] = [
  checkStep('validation.size', (image, { environment }) => checkSize(image, environment.checks)),
  checkStep('validation.layers', (image, { environment, clock, call }) => checkParts(environment.checks.level ?? 'head', image, environment.source, clock, call)),
  checkStep('validation.metadata', (image, { environment, clock, call }) =>
    new ResultAsync(metadataAndCustom(image, environment, clock.now(), call)),
  ),
  checkStep('validation.signature', (image, { environment, call }) => checkSignature(image, environment.checks, environment.source, call)),
  // The record of this step is the log entry (R8): check, expected, actual, digest.
  {
    id: 'validation.log',
    perform: ({ context, release }) =>
      Promise.resolve(passed(asJson({ checks: context.failedChecks, error: context.error, digests: Object.fromEntries(release.map(({ name, digest }) => [name, digest])) }))),
  },
];
