/**
 * What was asked of a registry: every error message says it.
 * @module
 */
import type { ErrorFacts } from '@davit/core/adapter';

export interface Asked {
  readonly registry: string;
  readonly repository: string;
  /** What the request is about; decides what "not found" means. */
  readonly subject: 'manifest' | 'blob' | 'upload' | 'manifest upload' | 'token';
  /** Completes "cannot …": `read the manifest sha256:…`. */
  readonly what: string;
  readonly facts?: Pick<ErrorFacts, 'tag' | 'digest' | 'reference'>;
}

export function factsOf({ registry, repository, facts }: Asked): ErrorFacts {
  return { registry, repository, ...facts };
}

/** `registry.example.com/team/app: cannot read the manifest sha256:…`. */
export function sentence({ registry, repository, what }: Asked): string {
  return `${registry}/${repository}: cannot ${what}`;
}
