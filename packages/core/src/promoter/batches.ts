/**
 * Which hosts a promotion changes, and in which order (G22). Every host of the deployer is in one batch: a host that is left
 * out would keep its old release, and the environment would be said to run the new one.
 * @module
 */
import { failure, rule, type DavitError, type OptionRule } from '../errors/index.js';
import type { Call, Deployer } from '../ports/index.js';
import { err, ok, type Result, type ResultAsync } from '../result.js';
import type { Environment } from '../steps/index.js';

type Batches = readonly (readonly string[])[];

interface Configured {
  readonly batches: Batches | undefined;
  readonly environment: Pick<Environment, 'name' | 'deployer'>;
}

const lists = rule.filledList(rule.filledList(rule.text, 'a list of hosts, at least one'), 'a list of batches, each a list of hosts: [[\'app1\'], [\'app2\', \'app3\']]; left out, all hosts of the deployer are one batch');

/** What can be said of batches before the deployer's hosts are known. */
export const batchesRule: OptionRule = (value, field) => {
  const fault = lists(value, field);
  if (fault !== undefined) return fault;
  const twice = doubled((value as Batches).flat());
  return twice === undefined ? undefined : { field, message: `${field} names the host ${twice} twice; each host is in one batch` };
};

/** The batches, once the deployer has said which hosts it has. Errors `configuration_invalid` where they do not fit together. */
export function batchesOf({ batches, environment: { name, deployer } }: Configured, call: Call): ResultAsync<Batches, DavitError> {
  return deployer.hosts(call).mapErr((error): DavitError => error).andThen((hosts) => batchesOn(hosts, batches, deployer, `environments.${name}`));
}

function batchesOn(hosts: readonly string[], batches: Batches | undefined, deployer: Deployer, at: string): Result<Batches, DavitError> {
  const wrong = (option: 'batches' | 'deployer', message: string): Result<never, DavitError> => err(failure('configuration_invalid', `${at}.${option} ${message}`, { field: `${at}.${option}` }));
  if (hosts.length === 0) return wrong('deployer', `(${deployer.name}) has no hosts; there would be nothing to deploy to`);
  const twice = doubled(hosts);
  if (twice !== undefined) return wrong('deployer', `(${deployer.name}) has two hosts named ${twice}`);
  if (batches === undefined) return ok([hosts]);
  const named = batches.flat();
  const unknown = named.find((host) => !hosts.includes(host));
  if (unknown !== undefined) return wrong('batches', `names the host ${JSON.stringify(unknown)}, which the deployer does not have; it has ${hosts.join(', ')}`);
  const left = hosts.filter((host) => !named.includes(host));
  if (left.length > 0) return wrong('batches', `leaves out ${left.join(', ')}; name every host of the deployer, or give this environment a deployer without ${left.length === 1 ? 'it' : 'them'}`);
  return ok(batches);
}

const doubled = (names: readonly string[]): string | undefined => names.find((name, at) => names.indexOf(name) !== at);
