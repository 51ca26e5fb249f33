/**
 * Who asks, and how the name is known. Both are recorded with everything that a person decides.
 * @module
 */
import type { Surroundings } from './surroundings.js';

export interface Actor {
  readonly actor: string;
  /** `cli:option`, `github:actor` or `cli:os-user`. */
  readonly knownBy: string;
}

/** The name given with `--actor`, else who started the GitHub workflow, else the user of the operating system. */
export function actorOf(given: string | undefined, { environment, userName }: Pick<Surroundings, 'environment' | 'userName'>): Actor {
  if (given !== undefined) return { actor: given, knownBy: 'cli:option' };
  const github = environment['GITHUB_ACTIONS'] === 'true' ? environment['GITHUB_ACTOR'] : undefined;
  if (github !== undefined && github !== '') return { actor: github, knownBy: 'github:actor' };
  return { actor: userName(), knownBy: 'cli:os-user' };
}
