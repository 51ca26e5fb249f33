/**
 * The command line: which commands there are, and what becomes of wrong use and of faults.
 * @module
 */
import { Command, CommanderError } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import type { CommandContext } from '../command-context.js';
import { createOutput } from '../output/output.js';
import type { Surroundings } from '../surroundings.js';
import type { Run } from './command.js';
import { imageCommands } from './image-commands.js';
import { promotionCommands } from './promotion-commands.js';

const exitCodes = `
Exit codes:
  0    done, or nothing to do
  1    failed, refused or cancelled before production was changed
  2    wrong use, configuration, reference, unknown environment or promotion
  3    rolled back: the previous release runs and is healthy
  4    waits for an approval, a window or another promotion
  5    a person is needed: production is not as it should be
  130  interrupted (Ctrl-C), 143 terminated; a promotion can be resumed

Help for one command: davit help promote`;

/** Runs the command that the arguments name. Gives the exit code; never throws. */
export async function runProgram(surroundings: Surroundings): Promise<number> {
  const { stdout, stderr, arguments: words } = surroundings;
  let exitCode = 0;
  const run: Run = async ({ json = false, config }, work) => {
    exitCode = await work({ surroundings, output: createOutput(surroundings, json), config });
  };
  const program = new Command('davit')
    .description('Promotes a tested container image from staging to production, and rolls it back when it is unwell.')
    .version(manifest.version, '--version', 'print the version')
    .helpOption('--help', 'show help')
    // What follows a command's name is the command's own: promote has a --version too.
    .enablePositionalOptions()
    .addHelpText('after', exitCodes);
  program.helpCommand('help [command]', 'show help for a command');
  const groups = [['Promotions:', promotionCommands(run)], ['Images, without a configuration:', imageCommands(run)]] as const;
  for (const [heading, commands] of groups) for (const command of commands) program.addCommand(command.helpOption('--help', 'show help').helpGroup(heading));
  for (const command of [program, ...program.commands]) {
    command.configureHelp({ subcommandTerm });
    command.exitOverride().configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      // What is wrong is printed below, like every other error.
      outputError: () => undefined,
      getOutHelpWidth: () => stdout.columns() ?? 100,
      getErrHelpWidth: () => stderr.columns() ?? 100,
    });
  }
  try {
    if (words.length === 0) {
      program.outputHelp({ error: true });
      return 2;
    }
    await program.parseAsync([...words], { from: 'user' });
    return exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : await wrongUse(contextOf(surroundings), thrown, program);
    const { fail, faultOf } = await import('../fail.js');
    return fail(contextOf(surroundings), faultOf(thrown));
  }
}

/** In the list of commands: its name and its arguments. That there are options goes without saying. */
const subcommandTerm = (command: Command): string => [command.name(), ...command.registeredArguments.map((argument) => (argument.required ? `<${argument.name()}>` : `[${argument.name()}${argument.variadic ? '...' : ''}]`))].join(' ');

/** The arguments could not be read, so whether they ask for JSON is looked for by hand. */
function contextOf(surroundings: Surroundings): CommandContext {
  const end = surroundings.arguments.indexOf('--');
  const flags = end < 0 ? surroundings.arguments : surroundings.arguments.slice(0, end);
  return { surroundings, output: createOutput(surroundings, flags.includes('--json')), config: undefined };
}

async function wrongUse(context: CommandContext, { code, message }: CommanderError, program: Command): Promise<number> {
  const { failure } = await import('@davit/core/adapter');
  const { fail } = await import('../fail.js');
  // Of a command that there is not, the help is shown; this says why.
  const said = code === 'commander.help' ? `there is no help for ${JSON.stringify(context.surroundings.arguments[1] ?? '')}; it is no command` : message.replace(/^error: /, '').replaceAll('\n', ' ').replace(/\.$/, '');
  const command = program.commands.find((one) => one.name() === context.surroundings.arguments[0]);
  return fail(context, failure('usage_invalid', `${said}${command === undefined ? '' : `; see davit help ${command.name()}`}`));
}
