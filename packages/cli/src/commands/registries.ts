/**
 * The registries of commands that need no configuration: with the logins and certificates of the command line, of the
 * environment, and of `docker login`.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { dockerRegistry, DockerRegistryOptions } from '@davit/adapter-docker-registry';
import { causeOf, err, failure, ok, type DavitError, type Result } from '@davit/core/adapter';
import { configurationFault } from '../config/configuration-fault.js';
import type { Surroundings } from '../surroundings.js';

type Adapter = ReturnType<typeof dockerRegistry>;

/** Served by the adapter that knows its ways. */
const gitHub = 'ghcr.io';

export interface RegistryFlags {
  readonly username?: string;
  readonly passwordStdin?: boolean;
  /** Files. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly insecure?: boolean;
  readonly plainHttp?: boolean;
}

export interface RegistrySide {
  /** `host[:port]`, as in the reference. */
  readonly registry: string;
  readonly flags: RegistryFlags;
  /** What its flags begin with: `src-`. Default: nothing. */
  readonly prefix?: 'src-' | 'dst-';
  /** So many blobs are on their way at once: as many connections, where that is more than usual. */
  readonly parallel?: number;
}

/** The adapters' own. */
const usualConnections = 10;

/** An adapter of its own, with connections of its own, also where both sides are one registry. */
export async function openRegistry(side: RegistrySide, surroundings: Pick<Surroundings, 'environment' | 'directory' | 'input' | 'onLoaded'>): Promise<Result<Adapter, DavitError>> {
  const options = await optionsOf(side, surroundings);
  if (options.isErr()) return err(options.error);
  try {
    const adapter = side.registry === gitHub ? await openGitHub(options.value) : (await import('@davit/adapter-docker-registry')).dockerRegistry(options.value);
    surroundings.onLoaded();
    return ok(adapter);
  } catch (thrown) {
    const fault = configurationFault(thrown, '');
    if (fault === undefined) throw thrown;
    return wrong(ofFlags(fault.message, side));
  }
}

/** What is wrong with an option of the adapter, said of the flag that it came from. */
const ofFlags = (message: string, { prefix, flags }: RegistrySide): string =>
  message
    .replace(/^(?:dockerRegistry|ghcr): /, '')
    .replace(/^ca (?=cannot)/, `--${prefix ?? ''}ca: ${flags.ca ?? ''} `)
    .replace(/^clientCertificate (?=cannot)/, `--${prefix ?? ''}cert and --${prefix ?? ''}key: they `);

/** Without a login of ours the adapter looks for the token of a workflow. */
async function openGitHub({ environment = {}, environmentPrefix = false, connections, ca, clientCertificate, insecure }: DockerRegistryOptions): Promise<Adapter> {
  const { ghcr } = await import('@davit/adapter-ghcr');
  return ghcr({
    environment,
    environmentPrefix,
    ...(connections === undefined ? {} : { connections }),
    ...(ca === undefined ? {} : { ca }),
    ...(clientCertificate === undefined ? {} : { clientCertificate }),
    ...(insecure === undefined ? {} : { hosts: { [gitHub]: { insecure: true } } }),
  });
}

const wrong = (message: string): Result<never, DavitError> => err(failure('usage_invalid', message));

async function optionsOf({ registry, flags, prefix, parallel = 0 }: RegistrySide, surroundings: Pick<Surroundings, 'environment' | 'directory' | 'input'>): Promise<Result<DockerRegistryOptions, DavitError>> {
  const name = (flag: string): string => `--${prefix ?? ''}${flag}`;
  const { username, passwordStdin = false, ca, cert, key, insecure = false, plainHttp = false } = flags;
  if (plainHttp && registry === gitHub) return wrong(`${name('plain-http')}: ${gitHub} is spoken to with TLS alone`);
  const speaksTls = insecure || ca !== undefined || cert !== undefined;
  if (plainHttp && speaksTls) return wrong(`${name('plain-http')} goes with no certificate: leave it out, or ${name('ca')}, ${name('cert')} and ${name('insecure')}`);
  if ((cert === undefined) !== (key === undefined)) return wrong(`${name('cert')} and ${name('key')} go together`);
  const files: Record<string, Buffer> = {};
  for (const [flag, file] of Object.entries({ ca, cert, key })) {
    if (file === undefined) continue;
    try {
      files[flag] = await readFile(resolve(surroundings.directory, file));
    } catch (thrown) {
      return wrong(`${name(flag)}: ${file} cannot be read: ${causeOf(thrown).message}`);
    }
  }
  const variable = prefix === undefined ? 'DAVIT_REGISTRY' : `DAVIT_${prefix.slice(0, 3).toUpperCase()}`;
  const given = await loginOf(name, variable, { username, passwordStdin }, surroundings);
  if (given.isErr()) return err(given.error);
  // Variables of the side speak of its registry; without any, DAVIT_REGISTRY says itself which one it is for.
  const { environment } = surroundings;
  const ownLogin = given.value ?? (prefix !== undefined && ['_USERNAME', '_PASSWORD', '_TOKEN', '_IDENTITY_TOKEN'].some((suffix) => (environment[`${variable}${suffix}`] ?? '') !== '') ? {} : undefined);
  return ok({
    environment: ownLogin === undefined ? environment : { ...environment, [variable]: registry, ...ownLogin },
    environmentPrefix: ownLogin === undefined ? 'DAVIT_REGISTRY' : variable,
    // Whoever speaks of certificates means TLS, on a loopback address as well: a tunnel often ends there.
    plainHttp: speaksTls ? false : plainHttp ? [registry] : [],
    ...(parallel > usualConnections ? { connections: parallel } : {}),
    ...(insecure ? { insecure: [registry] } : {}),
    ...(files['ca'] === undefined ? {} : { ca: files['ca'] }),
    ...(files['cert'] === undefined || files['key'] === undefined ? {} : { clientCertificate: { certificate: files['cert'], key: files['key'] } }),
  });
}

/** What the flags say of a login, as the variables that would say the same; undefined where they say nothing. */
async function loginOf(name: (flag: string) => string, variable: string, { username, passwordStdin }: { readonly username: string | undefined; readonly passwordStdin: boolean }, { environment, input }: Pick<Surroundings, 'environment' | 'input'>): Promise<Result<Readonly<Record<string, string>> | undefined, DavitError>> {
  if (username === undefined && !passwordStdin) return ok(undefined);
  const user = username ?? environment[`${variable}_USERNAME`] ?? '';
  if (user === '') return wrong(`${name('password-stdin')} wants ${name('username')} or ${variable}_USERNAME beside it`);
  // One line end at the end is the shell's, not the password's.
  const password = passwordStdin ? (await input()).replace(/\r?\n$/, '') : (environment[`${variable}_PASSWORD`] ?? '');
  if (password === '') return wrong(passwordStdin ? `${name('password-stdin')}: standard input is empty` : `${name('username')} comes without a password; give one with ${name('password-stdin')} or in ${variable}_PASSWORD`);
  return ok({ [`${variable}_USERNAME`]: user, [`${variable}_PASSWORD`]: password, [`${variable}_TOKEN`]: '', [`${variable}_IDENTITY_TOKEN`]: '' });
}
