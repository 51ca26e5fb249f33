/**
 * What callers ask of a promoter.
 * @module
 */

/** Who asks, and how the name is known: recorded, and what self-approval is judged by. */
export interface Requester {
  /** Default: `unknown`. */
  readonly actor?: string;
  /** Default: `api`. */
  readonly knownBy?: string;
}

export interface PromoteRequest extends Requester {
  readonly environment: string;
  /** One reference for a release of one image, or references by image name. What is left out comes from the configuration. */
  readonly images?: string | Readonly<Record<string, string>>;
  /** For tag templates. Default: the tag that was asked for, unless it is `latest`. */
  readonly version?: string;
  /** The tested revision, such as a commit; compared with the image's label where checks ask for it. */
  readonly revision?: string;
  /** The caller's trigger, such as the id of a CI run: asked again with the same images, it joins the same promotion (R1). */
  readonly key?: string;
  /** Where the trigger can be looked at. */
  readonly run?: string;
  readonly reason?: string;
  /** Promote an image although it proved unhealthy here before. Default: false. */
  readonly allowQuarantined?: boolean;
}

export interface RollbackRequest extends Requester {
  readonly environment: string;
  /** The promotion whose release is returned to. Default: the last verified one before the present. */
  readonly to?: string;
  readonly reason?: string;
}

export interface DriveRequest {
  /** Stay at a wait for an approval, a window or a hold instead of ending there. Default: false. */
  readonly stay?: boolean;
  /** Interrupts; the promotion can be resumed. */
  readonly signal?: AbortSignal;
}

export interface DecideRequest extends Requester {
  /** The plan that was looked at. Default: the present one. Another one is refused with `plan_changed`. */
  readonly planHash?: string;
  readonly comment?: string;
}
