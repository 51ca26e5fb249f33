/**
 * Puts a release on hosts (specification: charts 2 and 3; R50–R81).
 *
 * Each method is for one host and all the services of the release on it. Core owns order, batches and fan-out, and writes
 * to the journal what each host reports. Every method is idempotent: asked again, it looks first and does what is left.
 * @module
 */
import type { DeployerError } from '../errors/index.js';
import type { JsonObject } from '../json.js';
import type { ResultAsync } from '../result.js';
import type { Call } from './call.js';
import type { PullCredentials } from './image-target.js';

/** One service and the image that it should run. */
export interface ServiceImage {
  readonly service: string;
  /** Always by digest: `registry/repository@sha256:…`. A previous image that no registry knows is the adapter's own name for it. */
  readonly image: string;
}

/** What should run on a host: of the promotion, or of the one before it. */
export interface HostRelease {
  readonly services: readonly ServiceImage[];
}

/** Who is changing the host. A claim with a higher fence of the same promotion takes over; a lower one is refused. */
export interface HostClaim {
  readonly promotion: string;
  readonly environment: string;
  /** Fencing token of the driver's lease. */
  readonly fence: number;
}

/** A call that changes a host. The adapter checks the claim right before each change, on the host. */
export interface HostCall extends Call {
  readonly claim: HostClaim;
}

/** What a host runs now, and what its ledger says. */
export interface HostState {
  readonly services: readonly ServiceState[];
  /** The release that a rollback would return to; absent where there is none. Never the one being promoted. */
  readonly previous?: HostRelease;
  /** The last release that Davit proved on this host, and by which promotion. */
  readonly verified?: HostRelease & { readonly promotion: string };
  /** Where the ledger and what runs disagree; sentences for people. */
  readonly drift: readonly string[];
}

export interface ServiceState {
  readonly service: string;
  /** `repository@digest` where known, else what the container was made from; absent where nothing runs. */
  readonly image?: string;
  readonly state: 'running' | 'unhealthy' | 'stopped' | 'absent';
}

/** What is true of a host after a change. */
export interface HostChange {
  /** Whether this call changed anything. */
  readonly changed: boolean;
  /** Facts for the journal: container ids, start times, image ids. Small, and without secrets. */
  readonly facts?: JsonObject;
}

/** A failure that also says whether the host was changed before it failed. */
export type HostFailure = DeployerError & {
  /** True: something on the host is not as it was before. Absent means unknown, which core treats as true after a change began. */
  readonly changed?: boolean;
};

/** The lock of one host, held until it is released or this process dies. */
export interface HostLock {
  release(): Promise<void>;
}

export interface Deployer {
  /** Name of the adapter: `ssh-compose`. */
  readonly name: string;
  /** The hosts, in the order they are deployed to. */
  hosts(call: Call): ResultAsync<readonly string[], DeployerError>;
  /** R50: everything that can be known to fail before anything is changed. Reads only. Warnings are sentences. */
  preflight(host: string, release: HostRelease, call: Call): ResultAsync<{ readonly warnings: readonly string[] }, HostFailure>;
  /** What runs, and what a rollback would return to. Reads only. */
  current(host: string, release: HostRelease, call: Call): ResultAsync<HostState, DeployerError>;
  /** R25: takes the lock. Error `host_locked` where another promotion has it; the holder is named. */
  lock(host: string, call: HostCall): ResultAsync<HostLock, DeployerError>;
  /** R51: makes the images present on the host. Does not ask a registry for what is there already. Leaves no credentials behind. */
  pull(host: string, release: HostRelease, credentials: readonly PullCredentials[], call: HostCall): ResultAsync<HostChange, HostFailure>;
  /** R54: pins the images in the project's configuration and asserts the result. On failure the old configuration is back. */
  pin(host: string, release: HostRelease, call: HostCall): ResultAsync<HostChange, HostFailure>;
  /** R57: brings the services up with the pinned images. A service that runs its image already is left alone. */
  restart(host: string, release: HostRelease, call: HostCall): ResultAsync<HostChange, HostFailure>;
  /** R60: waits until every service is stable and healthy. */
  health(host: string, release: HostRelease, call: Call): ResultAsync<HostChange, HostFailure>;
  /** R66: every container of the services runs the image that was asked for. */
  proof(host: string, release: HostRelease, call: Call): ResultAsync<HostChange, HostFailure>;
  /** R71: stops these services and no others. Says which still run. */
  stop(host: string, services: readonly string[], call: HostCall): ResultAsync<{ readonly survivors: readonly string[] }, HostFailure>;
  /** R73: ends them by force. Says which still run. */
  forceStop(host: string, services: readonly string[], call: HostCall): ResultAsync<{ readonly survivors: readonly string[] }, HostFailure>;
  /** R74: puts the previous configuration back: the very bytes where they were kept, else a pin of `previous`. */
  restorePin(host: string, previous: HostRelease, call: HostCall): ResultAsync<HostChange, HostFailure>;
  /** R32, R81: records on the host what was proven, and keeps what the next rollback needs. */
  commit(host: string, release: HostRelease, call: HostCall): ResultAsync<HostChange, HostFailure>;
  /**
   * R77: what a person types to bring this release up by hand when a rollback could not, line by line, as a shell reads it;
   * hints begin with `#`. Without secrets: it goes to the journal and to notifications. Does nothing and asks nobody.
   */
  manualCommands?(host: string, release: HostRelease): readonly string[];
}
