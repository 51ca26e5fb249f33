/**
 * The closed list of error codes. Everything Davit reports as a failure carries one of them, and docs/errors.md is
 * generated from this list: what it means, what usually causes it, and what to do next.
 * @module
 */

/** What a person who meets an error code needs to know. */
export interface ErrorCodeEntry {
  readonly meaning: string;
  readonly cause: string;
  readonly remedy: string;
}

const entry = (meaning: string, cause: string, remedy: string): ErrorCodeEntry => ({ meaning, cause, remedy });

/** Errors of use: what the caller gave is wrong. */
export const useCodes = {
  reference_invalid: entry('The text is not an image reference.', 'A typing error, an upper-case repository, or a stray character.', 'Write it as [registry/]repository[:tag][@digest], for example registry.example.com/team/app:1.4.2.'),
  digest_invalid: entry('The text is not a digest.', 'It was cut, or its algorithm is not known.', 'Write it as sha256: followed by 64 lower-case hexadecimal digits.'),
  document_invalid: entry('A manifest, an index or an image configuration does not follow the image specification.', 'The image was built or pushed by a faulty tool, or the registry answered with something else.', 'Build and push the image again; inspect it with `davit validate`.'),
  configuration_invalid: entry('The configuration cannot be used.', 'A required option is missing or has a wrong value; the message names it.', 'Correct the named option.'),
  configuration_unreadable: entry('The configuration file cannot be read.', 'It does not exist, is not readable, or fails when it is loaded.', 'Check the path and run the file by itself to see its error.'),
  usage_invalid: entry('The command was called with wrong arguments.', 'An unknown option, or a missing or surplus argument.', 'See `davit --help`.'),
  environment_unknown: entry('No environment of that name is configured.', 'A typing error, or another configuration file.', 'Use one of the names that the message lists.'),
  promotion_unknown: entry('No promotion with that id is in the store.', 'A typing error, or another store.', 'List the promotions with `davit history`.'),
  promotion_over: entry('The promotion has ended; nothing can be asked of it any more.', 'It was decided, cancelled or completed before.', 'Look at it with `davit status`, or start a new one.'),
  decision_not_awaited: entry('The promotion does not wait for an approval.', 'It has not come so far, has been decided, or asks for none.', 'Look at it with `davit status`.'),
  plan_changed: entry('The approval names another plan than the one that would be carried out.', 'The release, the target, the policies or what production runs changed since the plan was shown.', 'Look at the new plan with `davit status` and approve that.'),
} as const satisfies Record<string, ErrorCodeEntry>;

/** Errors of a registry. */
export const registryCodes = {
  registry_unreachable: entry('The registry cannot be reached.', 'Its name does not resolve, nothing listens there, or the network is down.', 'Check the host name and port, and reach it from this machine with curl.'),
  registry_timeout: entry('The registry did not answer in time, or stopped sending.', 'It is overloaded, or a proxy in between cut the connection.', 'Try again; raise the time-out if the link is slow.'),
  registry_unavailable: entry('The registry answered that it cannot serve the request now (5xx).', 'It is overloaded or being maintained.', 'Wait and resume; look at the registry.'),
  registry_rate_limited: entry('The registry refuses further requests for a while (429).', 'Too many pulls or pushes, often by anonymous use.', 'Log in, or wait for as long as the message says.'),
  registry_unauthorized: entry('The registry does not accept the credentials (401).', 'They are missing, wrong or expired.', 'Log in again with `docker login`, or give the adapter valid credentials.'),
  registry_denied: entry('The credentials are good, but not for this repository or action (403).', 'The account may not pull or push there.', 'Give the account the right, or use another one.'),
  registry_refused: entry('The registry refused the request.', 'It does not support it, or found the content wrong; the message carries its own words.', 'Read the registry\'s words; the content or the target may have to change.'),
  registry_protocol: entry('The registry answered in a way that the distribution specification does not allow.', 'Something else than a registry answers there, or a proxy rewrites its answers.', 'Look at what answers at that address with curl.'),
  registry_certificate: entry('The registry\'s certificate is not trusted, or the registry wants another one of its client.', 'The registry\'s is signed by an authority that this machine does not know, has expired, or is for another name; the message says where it is the client\'s.', 'Give the authority\'s certificate (`ca`) or the client\'s (`clientCertificate`) to the adapter, or have the registry\'s certificate renewed.'),
  token_realm_refused: entry('The registry names a token service that credentials must not be sent to.', 'The challenge points to plain HTTP, or to a local address that is not the registry\'s own.', 'Correct the registry\'s token configuration; if the service belongs to it, name it in the option `tokenServices`.'),
  manifest_not_found: entry('The registry has no such manifest.', 'The tag or digest does not exist in that repository, the account may not see it, or the index has no image for that platform.', 'Check the reference: list the tags of the repository, or look with `davit inspect` for which platforms the image is.'),
  manifest_too_large: entry('The manifest is larger than 4 MiB.', 'The image has very many layers or annotations, or something else was sent.', 'Build the image with fewer layers.'),
  manifest_unsupported: entry('The manifest is of a kind that cannot be promoted.', 'It is Docker schema 1, which has no stable digest; or of an unknown type; or it names its parts by digests other than sha256 and sha512, which cannot be verified.', 'Pull and push the image with a current tool, which converts it.'),
  blob_not_found: entry('The registry lacks a layer or configuration that the manifest names.', 'The image was pushed incompletely, or its blobs were garbage-collected.', 'Push the image again.'),
  digest_mismatch: entry('The bytes that came do not have the digest that was asked for.', 'They were damaged on the way, or the registry serves the wrong content.', 'Try again; if it stays, the registry\'s storage is damaged.'),
  size_mismatch: entry('A blob is longer or shorter than its descriptor says.', 'The connection was cut, or the stored blob is damaged.', 'Try again; if it stays, push the image again.'),
  tag_conflict: entry('An immutable tag names another digest already.', 'The same version was promoted before with other content.', 'Give the release another version, or move the tag by hand if that was meant.'),
  tag_mismatch: entry('A tag does not name the digest that was written.', 'Another writer moved it, or the registry serves an old answer.', 'See who else writes that tag.'),
} as const satisfies Record<string, ErrorCodeEntry>;

/** Errors of a host and its deployer. */
export const deployerCodes = {
  host_unreachable: entry('The host cannot be reached.', 'Its name does not resolve, nothing listens on the SSH port, or the network is down.', 'Reach it from this machine with ssh.'),
  host_name_unknown: entry('The host\'s name does not resolve.', 'A typing error, or a name server that does not know it.', 'Check the name; look it up from this machine with `getent hosts`.'),
  host_refused: entry('The host refuses the connection: nothing listens on the SSH port.', 'The SSH server is not running, listens on another port, or a firewall rejects it.', 'Check the port, and that sshd runs on the host.'),
  host_key_unknown: entry('The host\'s key is not known.', 'The host was never connected to, or the known_hosts file is another one.', 'Verify the key\'s fingerprint and add it to known_hosts, or give it in the configuration.'),
  host_key_mismatch: entry('The host shows another key than the one on file.', 'The host was installed anew, or somebody is in between.', 'Find out which; only then replace the key on file.'),
  host_auth_failed: entry('The host does not accept the login.', 'Wrong user, key or passphrase, or the key is not in authorized_keys.', 'Log in by hand with the same user and key.'),
  ssh_key_invalid: entry('The private key for the host cannot be used.', 'The file cannot be read, is not a private key, or its passphrase is missing or wrong.', 'Check it with `ssh-keygen -y -f FILE`, and give the passphrase.'),
  host_connection_lost: entry('The connection to the host was lost while a command ran, so its outcome is unknown.', 'The network or the host failed.', 'Run `davit resume`: it looks at the host before it does anything.'),
  host_locked: entry('Another deployment holds the lock of the host.', 'It is running, or its process is frozen.', 'Wait for it; the message names its promotion.'),
  host_fenced: entry('This process no longer may change the host: another process took the promotion over.', 'This process was stopped for longer than its lease.', 'Nothing to do: the other process goes on.'),
  host_disk_full: entry('The host has no space left.', 'Images, logs or volumes filled its disk.', 'Free space on the host, then run the promotion again.'),
  docker_unavailable: entry('Docker does not answer on the host.', 'The engine is not running, or the user may not talk to it.', 'Run `docker info` on the host as the same user.'),
  compose_unavailable: entry('Docker Compose is missing on the host, or older than 2.21.', 'The plugin is not installed for that user.', 'Install the Compose plugin, version 2.21 or later.'),
  project_invalid: entry('The Compose project cannot be used.', 'Its directory or file is missing, or Compose finds an error in it; the message carries Compose\'s words.', 'Run `docker compose config` in the project directory.'),
  service_unknown: entry('The Compose project has no service of that name.', 'A typing error in the release\'s services.', 'Use one of the names that the message lists.'),
  project_differs: entry('What runs differs from the Compose project in more than the image.', 'The Compose file or its environment was changed without being brought up.', 'Bring the change up by itself (`docker compose up -d`), then promote.'),
  port_in_use: entry('A port that the project publishes is held by another process or container.', 'Another program listens there.', 'Stop the holder that the message names, or change the port.'),
  pull_failed: entry('The host cannot pull the promoted image.', 'It cannot reach the production registry, or lacks the right to pull.', 'Pull by hand on the host; check the registry\'s name as the host sees it.'),
  pin_failed: entry('The image could not be pinned in the Compose project.', 'The file is not writable, or Compose does not accept the result.', 'Check the rights of the project directory.'),
  compose_error: entry('Docker Compose failed.', 'The message carries its words.', 'Run the same command by hand in the project directory.'),
  start_failed: entry('A service did not start with the promoted image.', 'Its command fails, a port or a mount is missing; the message says what the engine said.', 'Read the log lines in the message; try the image on staging.'),
  service_unhealthy: entry('A service started but is not healthy.', 'It crashes, restarts, or its health check fails.', 'Read the health log and the log lines in the message.'),
  digest_not_running: entry('A container does not run the digest that was promoted.', 'It was not recreated, or somebody changed it meanwhile.', 'See who else deploys to that host.'),
  stop_failed: entry('A service could not be stopped.', 'Its process does not end, or the engine does not answer.', 'Look at the container on the host.'),
  previous_missing: entry('There is no previous image to return to.', 'This is the first deployment, or the image is gone from the host and from the registry.', 'Repair forward: promote a good image, or start the service by hand.'),
  command_failed: entry('A command on the host failed.', 'The message carries its words.', 'Run it by hand on the host.'),
  command_timeout: entry('A command on the host took longer than its limit and was ended.', 'The host is slow, or the command hangs.', 'Look at the host; raise the limit if it is only slow.'),
} as const satisfies Record<string, ErrorCodeEntry>;

/** Errors of the checks: the world answered, and the answer is no (or there was none). */
export const checkCodes = {
  tests_failed: entry('The staging tests did not pass.', 'The tests found a fault in the image.', 'Read the report; build a new image.'),
  tests_missing: entry('There is no result of the staging tests for this image.', 'They were never run for this digest, or nothing is configured.', 'Run the tests, or state `tests: { off: \'reason\' }` if there are none.'),
  tests_stale: entry('The result of the staging tests is older than allowed.', 'They ran too long ago.', 'Run the tests again.'),
  tests_other_image: entry('The staging tests ran for another image.', 'The tag moved after the tests, or the wrong report was given.', 'Run the tests for the digest in the message.'),
  tests_unfinished: entry('The staging tests could not be run, or did not end in time.', 'The command is missing, or hangs.', 'Run the command by hand; raise `timeoutMs` if it is only slow.'),
  image_too_large: entry('The image is larger than allowed.', 'Its compressed layers exceed the limit.', 'Make the image smaller, or raise `maxSize`.'),
  image_corrupted: entry('A part of the image is missing from the registry or has another size.', 'It was pushed incompletely.', 'Push the image again.'),
  invalid_metadata: entry('The image\'s metadata does not meet the policy.', 'A platform, label or date is not as required.', 'Build the image with the metadata that the message names.'),
  invalid_signature: entry('The image\'s signature is missing or not trusted.', 'It was not signed, or by another key.', 'Sign the digest with a trusted key.'),
  signature_policy_missing: entry('No signature policy is configured.', 'Neither a verifier nor a reason for having none was given.', 'Configure a verifier, or state `signature: { off: \'reason\' }`.'),
  image_quarantined: entry('The image proved unhealthy in this environment before.', 'An earlier promotion of the same digest failed its health checks.', 'Promote another build, or allow it explicitly (`--allow-quarantined`) if the cause was not the image.'),
  approval_refused: entry('The decision does not count.', 'The policy does not let this person decide, for example on a promotion of their own.', 'Let somebody else decide.'),
  endpoint_failed: entry('An endpoint of the application does not answer as expected.', 'The application is not ready, or broken.', 'Request the URL by hand; the message says what came back.'),
  check_inconclusive: entry('A check could not be made, so nothing is known.', 'The checker itself failed, for example for want of network.', 'Repair the checker, then run the promotion again.'),
  verification_unsupported: entry('A check was asked for that this version cannot make.', 'The policy names something that no adapter provides.', 'Configure an adapter that provides it.'),
} as const satisfies Record<string, ErrorCodeEntry>;

/** Errors of the store and the journal. */
export const storeCodes = {
  store_unreadable: entry('The store cannot be read.', 'Its directory is missing or not readable.', 'Check the path and its rights.'),
  store_unwritable: entry('The store cannot be written.', 'Its directory is not writable, or its file system is read-only.', 'Check the path and its rights.'),
  store_full: entry('The store has no space left; nothing was half-written.', 'The disk is full.', 'Free space, then run `davit resume`.'),
  journal_conflict: entry('Somebody else appended to the journal first.', 'Two processes wrote at the same moment.', 'Try again.'),
  journal_tampered: entry('The journal was changed by hand, or is damaged: a record does not match its hash.', 'A file in the store was edited, removed or restored from elsewhere.', 'Restore the store from a backup; nothing is done on such a journal.'),
  journal_diverged: entry('The journal tells of steps that this version of the machine would not take.', 'It was written by a version whose flow this one does not know.', 'Use the version that wrote it, or report a fault.'),
  journal_newer: entry('The journal was begun by a newer version of Davit.', 'This installation is older.', 'Update Davit.'),
  record_refused: entry('A record was refused before it was written: it has unknown fields or is larger than 64 KiB.', 'An adapter reported facts that do not belong in a journal.', 'Report a fault of the adapter.'),
  lease_held: entry('Another process is driving this promotion.', 'It is at work, or died less than a lease ago.', 'Follow it with `davit status --follow`; if its process is gone, resume after the time in the message.'),
  lease_lost: entry('This process lost the promotion to another one.', 'It was stopped for longer than its lease.', 'Nothing to do: the other process goes on.'),
  environment_held: entry('Another promotion holds the environment.', 'It is running, or waits in the middle.', 'Wait for the promotion in the message, resume it or cancel it.'),
} as const satisfies Record<string, ErrorCodeEntry>;

/** Errors of a running promotion. */
export const runCodes = {
  step_timeout: entry('A step took longer than its limit and was ended.', 'Something hangs or is slow.', 'Look at what the step talks to; raise its limit if it is only slow.'),
  crashed_repeatedly: entry('A step was started three times and never ended.', 'The process is killed in it each time, for example for want of memory.', 'Look at why the process dies; then promote again.'),
  promotion_cancelled: entry('The promotion was cancelled while the step ran.', 'Somebody asked for it.', 'Nothing to do.'),
  interrupted: entry('The process was asked to stop.', 'Ctrl-C, or the machine shuts down.', 'Ask again: nothing that is done is done twice. A promotion goes on with `davit resume` and its id.'),
  notification_failed: entry('A notification could not be delivered.', 'The receiver is down or refuses it.', 'Check the receiver; the record says what was not delivered. The promotion is not affected.'),
  adapter_fault: entry('An adapter failed in a way that it should not.', 'A fault in the adapter.', 'Report it to the adapter\'s author with the message.'),
} as const satisfies Record<string, ErrorCodeEntry>;

/** The codes by what they are about, in the order of docs/errors.md. */
export const errorFamilies = { use: useCodes, registry: registryCodes, deployer: deployerCodes, check: checkCodes, store: storeCodes, run: runCodes } as const;

/** Every code there is. */
export const errorCodes = { ...useCodes, ...registryCodes, ...deployerCodes, ...checkCodes, ...storeCodes, ...runCodes } as const;

export type UseErrorCode = keyof typeof useCodes;
export type RegistryErrorCode = keyof typeof registryCodes;
export type DeployerErrorCode = keyof typeof deployerCodes;
export type CheckErrorCode = keyof typeof checkCodes;
export type StoreErrorCode = keyof typeof storeCodes;
export type RunErrorCode = keyof typeof runCodes;
export type ErrorCode = keyof typeof errorCodes;
