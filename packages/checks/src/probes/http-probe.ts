/**
 * Does an HTTP endpoint of the application answer as it should (R63–R65).
 * @module
 */
import { X509Certificate } from 'node:crypto';
import { checkOptions, ConfigurationError, err, failure, ResultAsync, rule, type CheckError, type EndpointProbe, type HoldsSecrets, type OptionRules, type ProbeReport, type ProbeSubject, type Result } from '@davit/core';
import { secretValues } from '../secret-values.js';
import { askUntilSteady, steadiness, steadyRules, type Attempt, type SteadyOptions } from './ask-until-steady.js';
import { bodyFault, expectationRule, type BodyExpectation } from './expectation.js';
import { httpClient, type HttpAnswer, type HttpClient } from './http-request.js';
import { networkFault } from './network-fault.js';

export interface HttpProbeOptions extends SteadyOptions {
  /** `http:` or `https:`. With `{host}` in it, it is asked for each host of the environment. */
  readonly url: string;
  /** Default: `GET`. */
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'OPTIONS';
  /** Status that is right, or several. Redirects are not followed: a 301 is an answer like any other. Default: 200. */
  readonly expectStatus?: number | readonly number[];
  /** What the body should be like; at most its first 1 MiB is looked at. Default: anything. */
  readonly expectBody?: BodyExpectation;
  /** Logins, cookies and what else is named like a secret is kept out of every record. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Certificates of authorities to trust instead of the well-known ones, PEM. */
  readonly ca?: string | readonly string[];
  /** Name in records. Default: `http`. */
  readonly name?: string;
}

const bodyLimitBytes = 1024 * 1024;
const evidenceLength = 1000;

const isText = (value: unknown): boolean => typeof value === 'string';
const isStatus = (value: unknown): boolean => typeof value === 'number' && Number.isInteger(value) && value >= 100 && value <= 599;

const rules: OptionRules<HttpProbeOptions> = {
  ...steadyRules,
  url: rule.text,
  method: rule.optional(rule.oneOf(['GET', 'HEAD', 'POST', 'PUT', 'OPTIONS'])),
  expectStatus: rule.optional(rule.must('an HTTP status, a number such as 200, or a list of them', (value) => [value].flat().length > 0 && [value].flat().every(isStatus))),
  expectBody: rule.optional(expectationRule),
  headers: rule.optional(rule.record(rule.anyText, 'an object with a text by header')),
  ca: rule.optional(rule.must('certificates in PEM: a text, or a list of texts', (value) => [value].flat().every(isText))),
  name: rule.optional(rule.text),
};

/**
 * Asks a URL until it answers well three times in a row. The connection is new each time.
 * @example httpProbe({ url: 'https://app.example.com/up', expectBody: { status: 'ok' } })
 * @throws ConfigurationError where an option is missing, misspelt or wrong.
 */
export function httpProbe(options: HttpProbeOptions): EndpointProbe & HoldsSecrets {
  checkOptions<HttpProbeOptions>(options, rules, { of: 'httpProbe' });
  const steady = steadiness(options);
  const { method = 'GET', expectStatus = 200, expectBody, headers = {}, ca, name = 'http' } = options;
  const statuses = typeof expectStatus === 'number' ? [expectStatus] : expectStatus;
  if (method === 'HEAD' && expectBody !== undefined) throw new ConfigurationError('the answer to HEAD has no body to expect anything of', { field: 'expectBody' });
  const example = parseUrl(options.url, 'host');
  if (example === undefined) throw new ConfigurationError('url must be an http: or https: URL', { field: 'url' });
  const sent = { ...basicLogin(example), ...headers };
  checkHeaders(sent);
  checkAuthorities(ca);

  const probe = async (subject: ProbeSubject, signal: AbortSignal): Promise<Result<ProbeReport, CheckError>> => {
    const url = parseUrl(options.url, subject.host);
    if (url === undefined) return err(failure('check_inconclusive', `the probe's URL does not work with the host ${subject.host}`, { host: subject.host }));
    const shown = shownUrl(url);
    url.username = '';
    url.password = '';
    const client = httpClient({ url, method, headers: sent, ca, bodyLimitBytes });
    try {
      const ask = async (stop: AbortSignal): Promise<Attempt> => attempt(client, stop, { statuses, expectBody, now: () => steady.clock.now() });
      return (await askUntilSteady(shown, ask, steady, signal)).map((summary) => ({ target: `${method} ${shown}`, summary }));
    } finally {
      await client.close();
    }
  };
  return {
    name,
    scope: options.url.includes('{host}') ? 'host' : 'runner',
    probe: (subject, { signal }) => new ResultAsync(probe(subject, signal)),
    secrets: () => secretValues([...Object.entries(sent), ['password', example.password], ...example.searchParams]),
  };
}

interface Expected {
  readonly statuses: readonly number[];
  readonly expectBody: BodyExpectation | undefined;
  readonly now: () => number;
}

async function attempt(client: HttpClient, signal: AbortSignal, { statuses, expectBody, now }: Expected): Promise<Attempt> {
  const startedAt = now();
  let answer: HttpAnswer;
  try {
    answer = await client.request(signal);
  } catch (thrown) {
    return networkFault(thrown);
  }
  const said = `${String(answer.status)} in ${String(now() - startedAt)} ms`;
  const facts = { status: answer.status, ...(answer.body === '' ? {} : { evidence: snippet(answer.body) }) };
  if (!statuses.includes(answer.status)) {
    // A redirect that a browser would follow often hides a login page, or plain HTTP in front of the application.
    const target = answer.location === undefined ? '' : `, a redirect to ${shownLocation(answer.location)}, which is not followed`;
    return { verdict: 'bad', summary: `it answered ${said}${target}; expected ${statuses.join(' or ')}`, facts };
  }
  const fault = expectBody === undefined ? undefined : bodyFault(answer.body, expectBody);
  if (fault === undefined) return { verdict: 'good', summary: said };
  return { verdict: 'bad', summary: `it answered ${said}, but ${fault}${answer.isBodyCut ? ' (only its first 1 MiB was looked at)' : ''}`, facts };
}

/** Undefined where it is no URL that can be asked. Never repeated in a message: it may hold a password. */
function parseUrl(text: string, host: string): URL | undefined {
  try {
    const url = new URL(text.replaceAll('{host}', host));
    return url.protocol === 'http:' || url.protocol === 'https:' ? url : undefined;
  } catch {
    return undefined;
  }
}

/** A login in the URL goes where it belongs. */
function basicLogin({ username, password }: URL): { readonly authorization?: string } {
  if (username === '' && password === '') return {};
  try {
    return { authorization: `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}` };
  } catch {
    throw new ConfigurationError('the login in url is not written in percent-encoding', { field: 'url' });
  }
}

function checkHeaders(headers: Readonly<Record<string, string>>): void {
  try {
    new Headers(headers);
  } catch {
    throw new ConfigurationError('headers holds a name or value that HTTP does not allow', { field: 'headers' });
  }
}

function checkAuthorities(ca: string | readonly string[] | undefined): void {
  for (const text of ca === undefined ? [] : [ca].flat()) {
    const certificates = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
    try {
      // TLS itself passes over what it cannot read, and would then trust nobody.
      for (const certificate of certificates) new X509Certificate(certificate);
      if (certificates.length > 0) continue;
    } catch {
      // Said below.
    }
    throw new ConfigurationError('ca must hold certificates in PEM', { field: 'ca' });
  }
}

/** Without login, query and fragment, where secrets live. */
function shownUrl(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

function shownLocation(location: string): string {
  return location.split(/[?#]/)[0]?.replace(/\/\/[^/@]*@/, '//').slice(0, 200) ?? '';
}

function snippet(body: string): string {
  // eslint-disable-next-line no-control-regex -- a terminal must not be told what to do by an answer
  return body.slice(0, evidenceLength).replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, ' ').trim();
}
