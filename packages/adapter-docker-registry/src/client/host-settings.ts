/**
 * How a host is spoken to: its certificates, and whether there is TLS at all. For every host, or for one.
 * @module
 */
import { X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContextOptions } from 'node:tls';

/** Certificates as PEM. */
export type Pem = string | Buffer | readonly (string | Buffer)[];

/** Shown to registries that ask their clients who they are (mutual TLS). */
export interface ClientCertificate {
  /** The certificate, followed by those between it and the authority, as PEM. */
  readonly certificate: string | Buffer;
  /** Its private key as PEM. */
  readonly key: string | Buffer;
  /** Where the key is encrypted. */
  readonly passphrase?: string;
}

/** What may be set for one host (`host[:port]`); where it is left out, what is set for all counts. */
export interface HostSettings {
  /** Certificates of authorities to trust instead of the system's. */
  readonly ca?: Pem;
  readonly clientCertificate?: ClientCertificate;
  /** Whether the host's certificate is taken unseen. */
  readonly insecure?: boolean;
  /** Whether the host is spoken to without TLS. */
  readonly plainHttp?: boolean;
}

export type Hosts = Readonly<Record<string, HostSettings>>;

/** One name for one place: Docker Hub lives elsewhere than it says, and port 443 goes without saying. */
export function hostKey(host: string): string {
  const lower = host.toLowerCase().replace(/:443$/, '');
  return lower === 'docker.io' || lower === 'index.docker.io' ? 'registry-1.docker.io' : lower;
}

/** What is set for that host alone. */
export function settingsOf(hosts: Hosts | undefined, host: string): HostSettings {
  const wanted = hostKey(host);
  return Object.entries(hosts ?? {}).find(([key]) => hostKey(key) === wanted)?.[1] ?? {};
}

/** Whether a list of hosts, or all of them, has that one. */
export function namesHost(list: boolean | readonly string[], host: string): boolean {
  return typeof list === 'boolean' ? list : list.some((each) => hostKey(each) === hostKey(host));
}

/** In the words of Node's TLS. */
export function secureContext({ ca, clientCertificate }: Pick<HostSettings, 'ca' | 'clientCertificate'>): SecureContextOptions {
  return {
    ...(ca === undefined ? {} : { ca: typeof ca === 'string' || Buffer.isBuffer(ca) ? ca : [...ca] }),
    ...(clientCertificate === undefined ? {} : { cert: clientCertificate.certificate, key: clientCertificate.key, ...(clientCertificate.passphrase === undefined ? {} : { passphrase: clientCertificate.passphrase }) }),
  };
}

/** The same, with whether the host's certificate is taken unseen. */
export function tlsOptions(settings: Pick<HostSettings, 'ca' | 'clientCertificate' | 'insecure'>): SecureContextOptions & { readonly rejectUnauthorized?: false } {
  return { ...secureContext(settings), ...(settings.insecure === true ? { rejectUnauthorized: false } : {}) };
}

/** Why certificates cannot be used, in OpenSSL's words, which repeat none of their contents; null where they can. */
export function certificateFault(settings: Pick<HostSettings, 'ca' | 'clientCertificate'>): string | null {
  // Without any, Node would read the system's: time that everybody would pay for.
  if (settings.ca === undefined && settings.clientCertificate === undefined) return null;
  try {
    // Node takes anything for authorities, and then trusts nobody.
    for (const each of [settings.ca ?? []].flat()) {
      const found = each.toString().match(/-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]*-----END/g);
      if (found === null) return /-----BEGIN /.test(each.toString()) ? 'there is no certificate in it' : 'it is not PEM';
      for (const one of found) if (one.startsWith('-----BEGIN CERTIFICATE')) new X509Certificate(`${one} CERTIFICATE-----`);
    }
    createSecureContext(secureContext(settings));
    return null;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : 'unknown';
  }
}

/** What is secret in them: keys and their passphrases. */
export function secretsOfHosts(all: readonly Pick<HostSettings, 'clientCertificate'>[]): readonly string[] {
  return all.flatMap(({ clientCertificate }) => (clientCertificate === undefined ? [] : [clientCertificate.key.toString(), clientCertificate.passphrase ?? ''])).filter((secret) => secret !== '');
}
