/**
 * What an author of a deployer gives to the kit: a deployer, one host where nothing of ours ran before, three releases.
 * @module
 */
import type { Deployer, HostRelease, PullCredentials } from '@davit/core';

/** Releases of the same services, each image by digest, all of them to be had from where the host pulls. */
export interface DeployerReleases {
  /** Starts and becomes healthy. */
  readonly good1: HostRelease;
  /** The same services with another image for each; starts and becomes healthy. */
  readonly good2: HostRelease;
  /** The same services with a third image for each; can be pulled and pinned, but does not start or does not become healthy. */
  readonly broken: HostRelease;
}

export interface DeployerSubject {
  readonly deployer: Deployer;
  /** One of `deployer.hosts()`. None of the services exists there yet. */
  readonly host: string;
  readonly releases: DeployerReleases;
  /** Logins that the pulls need. Default: none. */
  readonly credentials?: readonly PullCredentials[];
  /** A second deployer for the same host, as another process would make it. Default: `deployer` itself. */
  readonly another?: () => Promise<Deployer>;
  /** Called after every case, also after a failed one. Removes whatever runs. */
  readonly dispose: () => Promise<void>;
}
