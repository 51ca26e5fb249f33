/**
 * What the registry cases are run on.
 * @module
 */
import type { DigestReference, ImageTarget, Repository } from '@davit/core';
import type { ConformanceCase } from '../case.js';

/** One request that goes wrong, as any registry over HTTP can show it. */
export interface RegistryFault {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  /** Tested against the path, from `/v2/` on. */
  readonly path: RegExp;
  /** How many matching requests go wrong. Default: 1. */
  readonly times?: number;
  readonly then:
    /** This is answered, and nothing is done of what was asked. Headers are sent as they stand, untrue ones as well. */
    | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
    /** No answer comes, and the connection stays open. */
    | { readonly stall: true }
    /** The connection is reset before an answer. */
    | { readonly reset: true }
    /** The connection breaks after so many bytes of the body. */
    | { readonly cutAfterBytes: number }
    /** One bit of that byte of the body is inverted. */
    | { readonly flipByteAt: number }
    /** What was asked is done, and the answer is lost. */
    | { readonly loseAnswer: true };
}

/** A fault that is switched on. A case whose fault met no request fails, for it has shown nothing. */
export interface InjectedFault {
  /** How many requests it has met by now. */
  readonly hits: number;
}

export interface RegistrySubject {
  /** The adapter, allowed to read and write both repositories. It waits at most some milliseconds between two attempts. */
  readonly target: ImageTarget;
  /** A repository that the cases may fill. What is in it already does not matter. */
  readonly repository: Repository;
  /** Another one in the same registry. */
  readonly otherRepository: Repository;
  /** Makes the next matching request go wrong, or the next `times`. */
  readonly inject?: (fault: RegistryFault) => InjectedFault;
  /**
   * Puts other bytes in the place of a manifest that is stored, and leaves its digest as it was: what a broken disk does. For
   * registries that are not spoken to over HTTP, and so have no `inject`.
   */
  readonly damage?: (manifest: DigestReference, bytes: Uint8Array) => Promise<void>;
  dispose(): Promise<void>;
}

export type RegistryCase = ConformanceCase<RegistrySubject>;

const specification = 'https://github.com/opencontainers/distribution-spec/blob/main/spec.md';

/** A section of the distribution specification. */
export const section = (anchor: string): string => `${specification}#${anchor}`;
