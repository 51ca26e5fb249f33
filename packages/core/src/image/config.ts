/**
 * The image configuration: platform, labels, history, and the digests of the unpacked layers.
 * @see https://github.com/opencontainers/image-spec/blob/main/config.md
 * @module
 */
import { failure, type DavitError } from '../errors/index.js';
import { err, ok, type Result } from '../result.js';
import { isDigest, isUnknownDigest } from './digest.js';
import { aBoolean, aDate, aText, findFault, isObject, objectMap, readObject, textMap, texts, withoutNulls, type FieldFault, type FieldRule } from './json-document.js';
import { findMisspelt, knownKeys } from './key-spelling.js';
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

/** What the specification names, and what engines act on besides. Labels, ports and volumes have keys of their own. */
const documentKeys = knownKeys(...Object.keys(documentRules), 'rootfs');
const runKeys = knownKeys(...Object.keys(runRules), 'Healthcheck', 'Memory', 'MemorySwap', 'CpuShares', 'OnBuild', 'Shell', 'StopTimeout');
const rootfsKeys = knownKeys('type', 'diff_ids');
const historyKeys = knownKeys(...Object.keys(historyRules));

/** Reads an image configuration. Configurations of artifacts that are no images fail here. */
export function parseImageConfig(bytes: Uint8Array): Result<ImageConfig, DavitError<'document_invalid'>> {
  const parsed = readObject(bytes);
  if ('fault' in parsed) return fault({ field: 'document', what: parsed.fault });
  const misspelt = findMisspeltKey(parsed.object);
  if (misspelt !== undefined) return fault(misspelt);
  const document = withoutNulls(parsed.object);
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

function findMisspeltKey(document: Readonly<Record<string, unknown>>): FieldFault | undefined {
  const { config, rootfs, history } = document;
  const steps: readonly unknown[] = Array.isArray(history) ? history : [];
  return (
    findMisspelt(document, documentKeys, '') ??
    (isObject(config) ? findMisspelt(config, runKeys, 'config.') : undefined) ??
    (isObject(rootfs) ? findMisspelt(rootfs, rootfsKeys, 'rootfs.') : undefined) ??
    steps.map((step, at) => (isObject(step) ? findMisspelt(step, historyKeys, `history[${String(at)}].`) : undefined)).find((each) => each !== undefined)
  );
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

function isListOfDigests(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each: unknown) => typeof each === 'string' && (isDigest(each) || isUnknownDigest(each)));
}
