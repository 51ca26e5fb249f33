/**
 * Staging tests as a command: exit code 0 means passed (R2, R3, G13, G17).
 * @module
 */
import { stat } from 'node:fs/promises';
import { checkOptions, ConfigurationError, err, failure, formatRepository, ok, parseReference, ResultAsync, rule, systemClock, type CheckError, type Clock, type HoldsSecrets, type OptionRules, type Result, type StagingTests, type TestReport, type TestSubject } from '@davit/core';
import { secretValues } from '../secret-values.js';
import { runCommand, type CommandEnd } from './run-command.js';
import { commonRules } from './common-rules.js';

export interface TestCommandOptions {
  /** Name in records. Default: `command`. */
  readonly name?: string;
  /** Where the command runs. Default: this process's directory. */
  readonly cwd?: string;
  /** Added to this process's environment. Values whose name looks like a secret's are kept out of every record. */
  readonly env?: Readonly<Record<string, string>>;
  /** When the command has not ended by then, it and everything it started are ended, and the tests count as not run. Milliseconds; default: 30 minutes. */
  readonly timeoutMs?: number;
  /** Results older than this are not passed. Milliseconds; default: core's, 24 hours. */
  readonly maxAgeMs?: number;
  /** Default: the system's clock. */
  readonly clock?: Clock;
}

const rules: OptionRules<TestCommandOptions> = {
  ...commonRules,
  cwd: rule.optional(rule.text),
  env: rule.optional(rule.record(rule.anyText, 'an object with a text by variable')),
};

const defaultTimeoutMs = 30 * 60 * 1000;

/**
 * Runs a command against the release that is promoted. What is tested is told by the environment:
 * `DAVIT_PROMOTION`, `DAVIT_ENVIRONMENT`, `DAVIT_IMAGE` (`registry/repository@digest`) and `DAVIT_DIGEST` of the first
 * image, and `DAVIT_IMAGES`, a JSON list of `{ name, image, digest }` of all.
 *
 * Exit code 0 is passed, any other is not. A command that cannot be started, is killed, or does not end in time is
 * `tests_unfinished`: nothing is known, which is never a pass.
 * @param command A text for the shell, or a program and its arguments.
 * @throws ConfigurationError where an option is misspelt or wrong.
 */
export function testCommand(command: string | readonly string[], options: TestCommandOptions = {}): StagingTests & HoldsSecrets {
  const program: unknown = Array.isArray(command) ? command[0] : command;
  if (typeof program !== 'string' || program.trim() === '' || ![command].flat().every((part) => typeof part === 'string')) throw new ConfigurationError('testCommand: command must be a text for the shell, or a list of texts: a program and its arguments', { field: 'command' });
  checkOptions<TestCommandOptions>(options, rules, { of: 'testCommand' });
  const { name = 'command', timeoutMs = defaultTimeoutMs, clock = systemClock, maxAgeMs } = options;

  const run = async (subject: TestSubject, signal: AbortSignal): Promise<Result<TestReport, CheckError>> => {
    const startedAt = clock.now();
    const env = { ...process.env, ...options.env, ...subjectEnvironment(subject) };
    const ended = await runCommand({ command, cwd: options.cwd, env, timeoutMs, clock, signal });
    if (ended.end !== 'exited' || isNotFound(command, ended)) return err(await unfinished(ended, options.cwd, timeoutMs));
    const passed = ended.exitCode === 0;
    return ok({
      passed,
      digests: subject.images.map(({ digest }) => digest),
      finishedAt: clock.now(),
      summary: `${name}: exit code ${String(ended.exitCode)} after ${seconds(clock.now() - startedAt)}`,
      ...(passed || ended.tail === '' ? {} : { evidence: ended.tail }),
    });
  };
  return {
    name,
    ...(maxAgeMs === undefined ? {} : { maxAgeMs }),
    run: (subject, { signal }) => new ResultAsync(run(subject, signal)),
    secrets: () => secretValues(Object.entries({ ...process.env, ...options.env })),
  };
}

function subjectEnvironment(subject: TestSubject): Record<string, string> {
  const images = subject.images.map(({ name, reference, digest }) => ({ name, image: `${parseReference(reference).map(formatRepository).unwrapOr(reference)}@${digest}`, digest }));
  return {
    DAVIT_PROMOTION: subject.promotion,
    DAVIT_ENVIRONMENT: subject.environment,
    DAVIT_IMAGE: images[0]?.image ?? '',
    DAVIT_DIGEST: images[0]?.digest ?? '',
    DAVIT_IMAGES: JSON.stringify(images),
  };
}

/** The shell says by its exit code that it found nothing to run, or nothing that can be run. */
function isNotFound(command: string | readonly string[], ended: CommandEnd): boolean {
  return typeof command === 'string' && ended.end === 'exited' && (ended.exitCode === 126 || ended.exitCode === 127);
}

async function unfinished(ended: CommandEnd, cwd: string | undefined, timeoutMs: number): Promise<CheckError> {
  if (ended.end === 'aborted') return failure('interrupted', 'the staging tests were ended because the process was asked to stop', { retryable: true });
  const evidence = 'tail' in ended && ended.tail !== '' ? { evidence: ended.tail } : {};
  switch (ended.end) {
    case 'timeout':
      return failure('tests_unfinished', `the staging tests did not end within ${seconds(timeoutMs)} and were ended`, { ...evidence, retryable: true });
    case 'killed':
      return failure('tests_unfinished', `the staging tests were killed by ${ended.by}`, { ...evidence, retryable: true });
    case 'exited':
      return failure('tests_unfinished', `the shell cannot run the staging tests: exit code ${String(ended.exitCode)}`, { ...evidence, exitCode: ended.exitCode });
    case 'not_started':
      // Node reports a missing directory as a missing program.
      if (cwd !== undefined && !(await isDirectory(cwd))) return failure('tests_unfinished', `the staging tests cannot be started: there is no directory ${cwd}`, { path: cwd });
      return failure('tests_unfinished', `the staging tests cannot be started: ${ended.cause.code === 'ENOENT' ? 'the command was not found' : ended.cause.message}`, { cause: ended.cause });
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then((found) => found.isDirectory(), () => false);
}

function seconds(ms: number): string {
  return `${String(Math.round(ms / 100) / 10)} s`;
}
