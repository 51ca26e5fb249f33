/**
 * What to do about an error of a command that keeps no journal: there is nothing to resume, nothing to be afraid of, and
 * what can be set is a flag.
 * @module
 */
import type { DavitError, ErrorCode } from '@davit/core/adapter';

const remedies: Partial<Record<ErrorCode, string>> = {
  interrupted: 'Run the same command again: nothing that is done is done twice.',
  registry_certificate: "Give the authority's certificate with --ca, or the client's with --cert and --key (--src-… or --dst-… for a side of a copy); or have the registry's certificate renewed.",
  registry_unauthorized: 'Log in with `docker login`, or give --username and --password-stdin (--src-… or --dst-… for a side of a copy).',
  registry_unavailable: 'Wait, then run the same command again; look at the registry.',
};

/** What adapters advise speaks of their options; whoever typed a command has flags. A copy has those of each side. */
const flagsForOptions: readonly (readonly [option: RegExp, flag: string])[] = [
  [/name it in the option plainHttp: \['[^']*'\]/g, 'say --plain-http, or --src-plain-http or --dst-plain-http for one side of a copy'],
  [/do not name it in plainHttp(?:;|, and) for (?:one on )?a loopback address,? set plainHttp: false/g, 'leave --plain-http out; on a loopback address --ca or --insecure (--src-… or --dst-… for a side of a copy) speak TLS'],
  [/give the authority's certificate in the option ca, or name the registry in insecure/g, "give the authority's certificate with --ca (--src-ca or --dst-ca for a side of a copy), or say --insecure"],
  [/give its authority's in the option ca, or in hosts/g, "give its authority's with --ca (--src-ca or --dst-ca for a side of a copy)"],
  [/give one in the option clientCertificate/g, 'give one with --cert and --key (--src-… or --dst-… for a side of a copy)'],
  [/look at the option clientCertificate/g, 'look at --cert (--src-cert or --dst-cert for a side of a copy)'],
  [/if it belongs to the registry, name it in tokenServices/g, 'if it belongs to the registry, use a configuration that names it in tokenServices'],
];

/** The error with the flags of the command, and with a remedy of its own where the usual one speaks of promotions. */
export function runAgain<E extends DavitError>(error: E): E & { readonly remedy?: string } {
  const message = flagsForOptions.reduce((text, [option, flag]) => text.replace(option, flag), error.message);
  const remedy = remedies[error.code];
  return { ...error, message, ...(remedy === undefined ? {} : { remedy }) };
}
