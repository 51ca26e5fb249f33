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
  return options(command, '', 'the registry', 'DAVIT_REGISTRY');
}

/** Those of one side of a copy. */
export function sideOptions(command: Command, side: 'src' | 'dst'): Command {
  return options(command, `${side}-`, `the registry of <${side}>`, `DAVIT_${side.toUpperCase()}`);
}

function options(command: Command, prefix: string, registry: string, variable: string): Command {
  const flag = (name: string): string => `--${prefix}${name}`;
  return command
    .option(`${flag('username')} <name>`, `log in to ${registry} (default: ${variable}_USERNAME, then the logins of docker login)`, filled(flag('username')))
    .option(flag('password-stdin'), `read its password from standard input (default: ${variable}_PASSWORD)`)
    .option(`${flag('ca')} <file>`, `trust these authorities for ${registry} instead of the system's (PEM)`, filled(flag('ca')))
    .option(`${flag('cert')} <file>`, `certificate to show to ${registry} (PEM)`, filled(flag('cert')))
    .option(`${flag('key')} <file>`, 'its private key (PEM)', filled(flag('key')))
    .option(flag('insecure'), `do not check the certificate of ${registry}`)
    .option(flag('plain-http'), `speak to ${registry} without TLS (one on a loopback address is by default)`);
}

/** The flags of one side, under their own names. */
export function flagsOf(side: 'src' | 'dst', flags: Readonly<Record<string, unknown>>): RegistryFlags {
  const own = Object.entries(flags).filter(([name]) => name.startsWith(side) && /^[A-Z]/.test(name.slice(side.length)));
  return Object.fromEntries(own.map(([name, value]) => [name.charAt(side.length).toLowerCase() + name.slice(side.length + 1), value]));
}
