/**
 * What is asked of an image before it is promoted (chart 1; R36–R49, G11, G12).
 * @module
 */
import { types } from 'node:util';
import { checkOptions, ConfigurationError, rule, type OptionRules } from '../errors/index.js';
import { formatPlatform, parsePlatform, type Platform } from '../image/index.js';
import type { Json, JsonObject } from '../json.js';
import { isOff } from '../policy/off.js';
import { requirePort, type ImageCheck, type SignatureVerifier } from '../ports/index.js';
import { parseSize } from './size.js';

/** A text is compared as it is; of a pattern one place must match. */
export type ValuePattern = string | RegExp;

/** Either who says whether a signature is good, or why nobody is asked. */
export type SignaturePolicy = SignatureVerifier | { readonly off: string };

/**
 * - `manifest`: manifests and configurations only.
 * - `head`: also asks for the size of every blob.
 * - `content`: also reads every layer, compares digest and diff_id, and reads its archive to the end.
 */
export type ValidationLevel = 'manifest' | 'head' | 'content';

const levels: readonly ValidationLevel[] = ['manifest', 'head', 'content'];

/** The checks as they are made. Made by {@link checksPolicy}. */
export interface ChecksPolicy {
  /** How deep to look. Default: `head`. */
  readonly level?: ValidationLevel;
  /** Every platform must be smaller than this. Bytes. */
  readonly maxSizeBytes: number;
  /** Platforms that the image must offer; it may offer more. */
  readonly platforms?: readonly Platform[];
  readonly labels?: Readonly<Record<string, ValuePattern>>;
  /** Looked for on the manifest, then on the index. */
  readonly annotations?: Readonly<Record<string, ValuePattern>>;
  /** The label that names the tested revision. Where it is set, the label must be there. */
  readonly revisionLabel?: string;
  /** Milliseconds since the image was created. */
  readonly maxAgeMs?: number;
  readonly rootUser?: 'allow' | 'refuse';
  /** Without one every validation fails and names the switch (G12). */
  readonly signature?: SignaturePolicy;
  readonly custom?: readonly ImageCheck[];
}

/** What a team writes. */
export interface ChecksOptions {
  /** How deep to look: `manifest`, `head`, or `content`, which takes as long as a pull. Default: `head`. */
  readonly level?: ValidationLevel;
  /** Largest size of a platform, exclusive: bytes, or `1GB`, `500MB`, `1GiB`. Default: `1GB`. */
  readonly maxSize?: string | number;
  /** `linux/amd64`, `linux/arm64/v8`: platforms that the image must offer. Default: none in particular. */
  readonly platforms?: readonly string[];
  /** Labels that the image must carry. */
  readonly labels?: Readonly<Record<string, ValuePattern>>;
  /** Annotations that the manifest or the index must carry. */
  readonly annotations?: Readonly<Record<string, ValuePattern>>;
  /** The label that must name the tested revision. Default: `org.opencontainers.image.revision`, compared only where the image has it. */
  readonly revisionLabel?: string;
  /** Refuses images that were created longer ago. Milliseconds; default: no limit. */
  readonly maxAgeMs?: number;
  /** Whether an image may run as root. Default: `allow`. */
  readonly rootUser?: 'allow' | 'refuse';
  /** A verifier, or `{ off: 'reason' }`. Must be said. */
  readonly signature?: SignaturePolicy;
  /** An organisation's own checks, made after those of the metadata. */
  readonly custom?: readonly ImageCheck[];
  /** Make all checks although one failed (R6). Default: stop at the first, as the chart does. */
  readonly collectAll?: boolean;
}

const { by, flag, list, milliseconds, must, offOr, oneOf, optional, record, text } = rule;

// Anything else would be compared as its text: the number 2 would be met by `12`.
const pattern = must('a text or a regular expression', (value) => typeof value === 'string' || types.isRegExp(value));

const rules: OptionRules<ChecksOptions> = {
  level: optional(oneOf(levels)),
  maxSize: optional(must('a number of bytes, or a text such as \'1GB\'', (value) => typeof value === 'string' || typeof value === 'number')),
  platforms: optional(list(must('a text such as \'linux/amd64\'', (value) => typeof value === 'string'), 'a list of platforms: [\'linux/amd64\']')),
  labels: optional(record(pattern, 'an object with a text or a regular expression by label')),
  annotations: optional(record(pattern, 'an object with a text or a regular expression by annotation')),
  revisionLabel: optional(text),
  maxAgeMs: optional(milliseconds()),
  rootUser: optional(oneOf(['allow', 'refuse'])),
  signature: optional(offOr(by(requirePort, 'SignatureVerifier'), 'a signature verifier, or { off: \'why signatures are not checked\' }')),
  custom: optional(list(by(requirePort, 'ImageCheck'))),
  collectAll: optional(flag),
};

export const defaultMaxSizeBytes = 1_000_000_000;

/** Reads the options of the checks. Throws {@link ConfigurationError}, which names the option, where one is misspelt or its value is not as its type says. */
export function checksPolicy(options: ChecksOptions = {}): ChecksPolicy {
  checkOptions<ChecksOptions>(options, rules, { at: 'checks' });
  const { level, maxSize, platforms, labels, annotations, revisionLabel, maxAgeMs, rootUser, signature, custom } = options;
  const refuse = (field: string, message: string): never => {
    throw new ConfigurationError(`checks.${field}: ${message}`, { field: `checks.${field}` });
  };
  const size = parseSize(maxSize ?? defaultMaxSizeBytes);
  const parsed = platforms?.map((platform) => parsePlatform(platform).match((value) => value, (fault) => refuse('platforms', fault.message)));
  return {
    maxSizeBytes: size.match((bytes) => bytes, (fault) => refuse('maxSize', fault.message)),
    ...(level === undefined ? {} : { level }),
    ...(parsed === undefined ? {} : { platforms: parsed }),
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(revisionLabel === undefined ? {} : { revisionLabel }),
    ...(maxAgeMs === undefined ? {} : { maxAgeMs }),
    ...(rootUser === undefined ? {} : { rootUser }),
    ...(signature === undefined ? {} : { signature }),
    ...(custom === undefined ? {} : { custom }),
  };
}

/** The policy as data, for a plan and its hash: what changes here asks for a new approval. */
export function describeChecks(policy: ChecksPolicy): JsonObject {
  const { level, maxSizeBytes, platforms = [], labels = {}, annotations = {}, revisionLabel, maxAgeMs, rootUser = 'allow', signature, custom = [] } = policy;
  const patterns = (of: Readonly<Record<string, ValuePattern>>): JsonObject => Object.fromEntries(Object.entries(of).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]): [string, Json] => [key, showPattern(value)]));
  return {
    // Left out where it is the usual one: plans that were made before it could be said keep their hash.
    ...(level === undefined || level === 'head' ? {} : { level }),
    maxSizeBytes,
    platforms: platforms.map(formatPlatform).sort(),
    labels: patterns(labels),
    annotations: patterns(annotations),
    revisionLabel: revisionLabel ?? null,
    maxAgeMs: maxAgeMs ?? null,
    rootUser,
    signature: signature === undefined ? null : isOff(signature) ? { off: signature.off } : { verifier: signature.name },
    custom: custom.map(({ name }) => name),
  };
}

/** `1.4.2` or `/^1\./`. */
export function showPattern(pattern: ValuePattern): string {
  return typeof pattern === 'string' ? pattern : String(pattern);
}

/** Whether a value is as asked. A pattern's own place (`lastIndex`) neither matters nor changes. */
export function meetsPattern(value: string, pattern: ValuePattern): boolean {
  return typeof pattern === 'string' ? value === pattern : value.search(pattern) >= 0;
}
