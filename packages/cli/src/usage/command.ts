/**
 * What all commands have in common on the command line.
 * @module
 */
import { Command, InvalidArgumentError, Option } from 'commander';
import type { CommandContext } from '../command-context.js';
import { commandWords, type CommandName, type CommandWords } from './command-words.js';

/** Runs a command's work; its number is the exit code. */
export type Run = (options: CommonFlags, work: (context: CommandContext) => Promise<number>) => Promise<void>;

export interface CommonFlags {
  readonly config?: string;
  readonly json?: boolean;
}

/** A command with its words and what all of them take. */
export function makeCommand(name: CommandName): Command {
  const { summary, description, examples }: CommandWords = commandWords[name];
  return new Command(name)
    .summary(summary)
    .description(description)
    .addHelpText('after', `\nExamples:\n${examples.map(([command, does]) => `  # ${does}\n  ${command}`).join('\n')}`)
    .option('--json', 'one JSON document on standard output, everything else on standard error');
}

export const configOption = (): Option => new Option('--config <file>', 'the configuration (default: davit.config.ts, .js or .mjs in the working directory)').argParser(filled('--config'));
export const actorOption = (): Option => new Option('--actor <name>', 'who asks (default: GITHUB_ACTOR in GitHub Actions, else the user of the operating system)').argParser(filled('--actor'));
export const environmentOption = (): Option => new Option('--to <environment>', 'the environment, as the configuration names it').makeOptionMandatory().argParser(filled('--to'));
export const reasonOption = (): Option => new Option('--reason <text>', 'why; it is recorded');
export const waitOption = (): Option => new Option('--wait', 'stay at a wait for an approval, a window or another promotion, instead of ending there with exit code 4');

/** An option whose value must say something: an unset variable of a script leaves it empty. */
export function filled(flag: string): (value: string) => string {
  return (value) => {
    if (value.trim() === '') throw new InvalidArgumentError(`${flag} is empty.`);
    return value;
  };
}

export function wholeNumber(least: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (!/^[0-9]+$/.test(value) || !Number.isSafeInteger(number) || number < least) throw new InvalidArgumentError(`It must be a whole number of at least ${String(least)}.`);
    return number;
  };
}

const unitsMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `30d`, `12h`, `90m`, `45s` in milliseconds. */
export function duration(value: string): number {
  const [, number, unit = ''] = /^([1-9][0-9]{0,6})([smhd])$/.exec(value) ?? [];
  if (number === undefined) throw new InvalidArgumentError('It must be a number with a unit: 30d, 12h, 90m or 45s.');
  return Number(number) * (unitsMs[unit] ?? 0);
}

/** An option that may be given several times. */
export const collected = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];
