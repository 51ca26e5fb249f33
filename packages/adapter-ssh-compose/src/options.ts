/**
 * What a team says about its hosts and its Compose project, and what is assumed where it says nothing.
 * @module
 */
import { isAbsolute, posix } from 'node:path';
import { ConfigurationError, requirePort, rule, systemClock, type Clock, type OptionRules } from '@davit/core';
import type { Place } from './commands/prelude.js';

/** The Compose project on a host. */
export interface ComposeProject {
  /** Absolute path of its directory on the host. */
  readonly directory: string;
  /**
   * Its files, relative to the directory, in the order of `-f`. Without them Compose finds its files by itself, and the
   * pin is made part of the project through COMPOSE_FILE in `.env`; with them `.env` is left alone.
   */
  readonly files?: readonly string[];
  /** Name of the file that pins the images. Default: `compose.promoted.yaml`. */
  readonly pinFile?: string;
  /** Where lock, ledger and backups are. Default: `.davit` in the directory. */
  readonly stateDirectory?: string;
  /** Services that run to their end and are well when they exit with 0, such as migrations. Default: none. */
  readonly jobs?: readonly string[];
}

export interface ComposeOptions {
  readonly project: ComposeProject;
  readonly docker?: {
    /** Name or path of the docker command. Default: `docker`. */
    readonly command?: string;
    /** DOCKER_HOST for it, for example of a rootless engine. Default: as the login has it. */
    readonly host?: string;
    /** DOCKER_CONFIG for it. Default: as the login has it. */
    readonly config?: string;
  };
  readonly health?: {
    /** When waiting ends. Milliseconds; default: 120 000. */
    readonly timeoutMs?: number;
    /** Between two looks. Milliseconds; default: 1 000. */
    readonly intervalMs?: number;
    /** How long a service without a health check has to stay up. Milliseconds; default: 10 000. */
    readonly stableMs?: number;
    /** How long one with a health check has to stay healthy. Milliseconds; default: 3 000. */
    readonly stableWithHealthcheckMs?: number;
  };
  /** Seconds that a process has to end by itself. Default: what the project says (`stop_grace_period`), which is 10 at first. */
  readonly graceSeconds?: number;
  /** Least free space, below which preflight refuses. Bytes; defaults: 1 GiB for Docker's images, 16 MiB for the project. */
  readonly minimumFree?: { readonly images?: number; readonly project?: number };
  /** How many releases before the current one stay on the host. Default: 3. */
  readonly keepPrevious?: number;
  /** Limits that the host itself enforces. Milliseconds; defaults: 60 000, 600 000 for a pull, 300 000 for a restart, 180 000 for a stop. */
  readonly timeouts?: { readonly commandMs?: number; readonly pullMs?: number; readonly restartMs?: number; readonly stopMs?: number };
  /** Default: the system's. */
  readonly clock?: Clock;
}

/** The same with nothing left out. */
export interface Settled {
  readonly place: Place;
  readonly jobs: readonly string[];
  readonly health: { readonly timeoutMs: number; readonly intervalMs: number; readonly stableMs: number; readonly stableWithHealthcheckMs: number };
  readonly graceSeconds: number | null;
  readonly minimumFree: { readonly images: number; readonly project: number };
  readonly keepPrevious: number;
  readonly timeouts: { readonly commandMs: number; readonly pullMs: number; readonly restartMs: number; readonly stopMs: number };
  readonly clock: Clock;
}

const { by, filledList, list, milliseconds, optional, options, text, texts } = rule;
const atLeast = (least: number) => rule.number(`a number of at least ${String(least)}`, (value) => Number.isFinite(value) && value >= least);

export const projectRules: OptionRules<ComposeProject> = {
  directory: texts('the absolute path of a directory on the host'),
  files: optional(filledList(text, 'a list of files; left out, Compose finds them')),
  pinFile: optional(text),
  stateDirectory: optional(text),
  jobs: optional(list(text, 'a list of the names of services')),
};

/** What is not said of a value here is said by {@link settle}. */
export const composeRules: OptionRules<ComposeOptions> = {
  project: options(projectRules, 'an object: { directory: \'/srv/shop\' }'),
  docker: optional(options<NonNullable<ComposeOptions['docker']>>({ command: optional(text), host: optional(text), config: optional(text) })),
  health: optional(options<NonNullable<ComposeOptions['health']>>({ timeoutMs: optional(atLeast(1)), intervalMs: optional(atLeast(1)), stableMs: optional(milliseconds(0)), stableWithHealthcheckMs: optional(milliseconds(0)) })),
  graceSeconds: optional(atLeast(0)),
  minimumFree: optional(options<NonNullable<ComposeOptions['minimumFree']>>({ images: optional(atLeast(0)), project: optional(atLeast(0)) })),
  keepPrevious: optional(atLeast(1)),
  timeouts: optional(options<NonNullable<ComposeOptions['timeouts']>>({ commandMs: optional(atLeast(1)), pullMs: optional(atLeast(1)), restartMs: optional(atLeast(1)), stopMs: optional(atLeast(1)) })),
  clock: optional(by(requirePort, 'Clock')),
};

function absolute(path: string, field: string): string {
  if (!isAbsolute(path) || path.includes('\0') || path.includes('\n')) throw new ConfigurationError(`${field} has to be an absolute path on the host, not ${JSON.stringify(path)}`, { field });
  return posix.normalize(path).replace(/(.)\/+$/, '$1');
}

/** Fills in what was left out of options that keep to their rules. Throws a ConfigurationError where a path or a name is none. */
export function settle({ project, docker, health, graceSeconds, minimumFree, keepPrevious = 3, timeouts, clock = systemClock }: ComposeOptions): Settled {
  const directory = absolute(project.directory, 'project.directory');
  const pinFile = project.pinFile ?? 'compose.promoted.yaml';
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]*\.ya?ml$/.test(pinFile)) throw new ConfigurationError('project.pinFile has to be a plain file name that ends with .yaml or .yml', { field: 'project.pinFile' });
  if (project.files?.some((file) => file.startsWith('-')) === true) throw new ConfigurationError('project.files has a name that is none', { field: 'project.files' });
  return {
    place: {
      directory,
      state: project.stateDirectory === undefined ? posix.join(directory, '.davit') : absolute(project.stateDirectory, 'project.stateDirectory'),
      files: project.files === undefined ? null : project.files.filter((file) => file !== pinFile),
      pinFile,
      docker: { command: docker?.command ?? 'docker', ...(docker?.host === undefined ? {} : { host: docker.host }), ...(docker?.config === undefined ? {} : { config: docker.config }) },
    },
    jobs: project.jobs ?? [],
    health: {
      timeoutMs: health?.timeoutMs ?? 120_000,
      intervalMs: health?.intervalMs ?? 1_000,
      stableMs: health?.stableMs ?? 10_000,
      stableWithHealthcheckMs: health?.stableWithHealthcheckMs ?? 3_000,
    },
    graceSeconds: graceSeconds === undefined ? null : Math.ceil(graceSeconds),
    minimumFree: { images: minimumFree?.images ?? 2 ** 30, project: minimumFree?.project ?? 2 ** 24 },
    keepPrevious,
    timeouts: {
      commandMs: timeouts?.commandMs ?? 60_000,
      pullMs: timeouts?.pullMs ?? 600_000,
      restartMs: timeouts?.restartMs ?? 300_000,
      stopMs: timeouts?.stopMs ?? 180_000,
    },
    clock,
  };
}
