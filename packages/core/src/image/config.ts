/**
 * The image configuration: platform, labels, history, and the digests of the unpacked layers.
 * @see https://github.com/opencontainers/image-spec/blob/main/config.md
 * @module
 */
import { failure, type DavitError } from '../errors/index.js';
import { err, ok, type Result } from '../result.js';
import { isDigest, isUnknownDigest } from './digest.js';
import { aBoolean, aDate, aText, findFault, isObject, objectMap, readObject, textMap, texts, type FieldFault, type FieldRule } from './json-document.js';
import type { Platform } from './platform.js';

/** Larger configurations exist only to hurt. */
export const maxConfigBytes = 8 * 1024 * 1024;

export interface ImageConfig {
  readonly platform: Platform;
  /** As written in the document; absent in reproducible builds that leave it out. */
  readonly created?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly user: string;
  /** What is run; absent where the image does not say. */
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly workingDirectory?: string;
  /** `NAME=value`. Whoever builds an image may have left a secret in it. */
  readonly environment?: readonly string[];
  /** `8080/tcp` */
  readonly ports?: readonly string[];
  readonly diffIds: readonly string[];
  /** Steps of the history that made a layer; undefined where there is no history. */
  readonly historyLayers?: number;
}

const documentRules: Readonly<Record<string, FieldRule>> = {
  os: aText,
  architecture: aText,
  variant: aText,
  'os.version': aText,
  'os.features': texts,
  author: aText,
  created: aDate,
  config: { holds: isObject, what: 'is not an object' },
  history: { holds: (value) => Array.isArray(value) && value.every(isObject), what: 'is not a list of objects' },
};
const runRules: Readonly<Record<string, FieldRule>> = {
  User: aText,
  ExposedPorts: objectMap,
  Env: { holds: (value) => Array.isArray(value) && value.every((each) => typeof each === 'string' && each.includes('=')), what: 'is not a list of name=value' },
  Entrypoint: texts,
  Cmd: texts,
  Volumes: objectMap,
  WorkingDir: aText,
  Labels: textMap,
  StopSignal: aText,
  ArgsEscaped: aBoolean,
};
const historyRules: Readonly<Record<string, FieldRule>> = { created: aDate, author: aText, created_by: aText, comment: aText, empty_layer: aBoolean };

/** Reads an image configuration. Configurations of artifacts that are no images fail here. */
export function parseImageConfig(bytes: Uint8Array): Result<ImageConfig, DavitError<'document_invalid'>> {
  const parsed = readObject(bytes);
  if (parsed === undefined) return fault({ field: 'document', what: 'is not a JSON object' });
  const document = withoutNulls(parsed);
  const run = isObject(document['config']) ? withoutNulls(document['config']) : {};
  const history = Array.isArray(document['history']) ? (document['history'] as readonly unknown[]).filter(isObject).map(withoutNulls) : [];
  const broken =
    findFault(document, documentRules, '') ??
    ['os', 'architecture'].filter((field) => document[field] === undefined || document[field] === '').map((field) => ({ field, what: 'is missing' }))[0] ??
    findFault(run, runRules, 'config.') ??
    history.map((step, at) => findFault(step, historyRules, `history[${String(at)}].`)).find((each) => each !== undefined);
  if (broken !== undefined) return fault(broken);
  const { type, diff_ids: diffIds } = isObject(document['rootfs']) ? document['rootfs'] : {};
  if (type !== 'layers') return fault({ field: 'rootfs.type', what: 'is not "layers"' });
  if (!isListOfDigests(diffIds)) return fault({ field: 'rootfs.diff_ids', what: 'is not a list of digests' });
  const { os, architecture, variant, created } = document as Readonly<Record<string, string | undefined>>;
  return ok({
    platform: { os: os ?? '', architecture: architecture ?? '', ...(variant === undefined || variant === '' ? {} : { variant }) },
    ...(created === undefined ? {} : { created }),
    labels: (run['Labels'] ?? {}) as Readonly<Record<string, string>>,
    user: (run['User'] ?? '') as string,
    ...runOf(run),
    diffIds,
    ...(history.length > 0 ? { historyLayers: history.filter((step) => step['empty_layer'] !== true).length } : {}),
  });
}

/** The rest of how it is run; the fields have passed their rules. */
function runOf(run: Readonly<Record<string, unknown>>): Pick<ImageConfig, 'entrypoint' | 'command' | 'workingDirectory' | 'environment' | 'ports'> {
  const { Entrypoint, Cmd, WorkingDir, Env, ExposedPorts } = run as { readonly Entrypoint?: readonly string[]; readonly Cmd?: readonly string[]; readonly WorkingDir?: string; readonly Env?: readonly string[]; readonly ExposedPorts?: Readonly<Record<string, unknown>> };
  return {
    ...(Entrypoint === undefined ? {} : { entrypoint: Entrypoint }),
    ...(Cmd === undefined ? {} : { command: Cmd }),
    ...(WorkingDir === undefined || WorkingDir === '' ? {} : { workingDirectory: WorkingDir }),
    ...(Env === undefined ? {} : { environment: Env }),
    ...(ExposedPorts === undefined ? {} : { ports: Object.keys(ExposedPorts) }),
  };
}

function fault({ field, what }: FieldFault): Result<never, DavitError<'document_invalid'>> {
  return err(failure('document_invalid', `image configuration: ${field} ${what}`, { field }));
}

/** Docker writes null for what was not set. */
function withoutNulls(value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== null));
}

function isListOfDigests(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each: unknown) => typeof each === 'string' && (isDigest(each) || isUnknownDigest(each)));
}
