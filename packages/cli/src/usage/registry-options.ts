/**
 * How a registry is reached, as options: the login, certificates, plain HTTP. For one registry, or for each side of a copy.
 * A password is never an argument: every process of the machine can read those.
 * @module
 */
import type { Command } from 'commander';
import type { RegistryFlags } from '../commands/registries.js';
import { filled } from './command.js';

/** Those of a command that asks one registry. */
export function registryOptions(command: Command): Command {
  return options(command, '', 'DAVIT_REGISTRY', 'Registry:');
}

/** Those of one side of a copy. */
export function sideOptions(command: Command, side: 'src' | 'dst'): Command {
  return options(command, `${side}-`, `DAVIT_${side.toUpperCase()}`, `Registry of <${side}>:`);
}

function options(command: Command, prefix: string, variable: string, heading: string): Command {
  const flag = (name: string): string => `--${prefix}${name}`;
  command
    .optionsGroup(heading)
    .option(`${flag('username')} <name>`, `log in as (default: ${variable}_USERNAME, else as docker login did)`, filled(flag('username')))
    .option(flag('password-stdin'), `password from standard input (default: ${variable}_PASSWORD)`)
    .option(`${flag('ca')} <file>`, 'authorities to trust instead of the system\'s (PEM)', filled(flag('ca')))
    .option(`${flag('cert')} <file>`, 'certificate to show (PEM)', filled(flag('cert')))
    .option(`${flag('key')} <file>`, 'its private key (PEM)', filled(flag('key')))
    .option(flag('insecure'), 'do not check the registry\'s certificate')
    .option(flag('plain-http'), 'no TLS (default: TLS, but on a loopback address only with a certificate option)');
  // What is added later, such as --help, stands with the command's own options.
  return command.optionsGroup('Options:');
}

/** The flags of one side, under their own names. */
export function flagsOf(side: 'src' | 'dst', flags: Readonly<Record<string, unknown>>): RegistryFlags {
  const own = Object.entries(flags).filter(([name]) => name.startsWith(side) && /^[A-Z]/.test(name.slice(side.length)));
  return Object.fromEntries(own.map(([name, value]) => [name.charAt(side.length).toLowerCase() + name.slice(side.length + 1), value]));
}
