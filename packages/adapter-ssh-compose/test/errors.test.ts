import { describe, expect, it } from 'vitest';
import { commonFault, evidence, faultOf, lastWords, type Fault } from '../src/errors.js';

// As the engine and Compose put it, in the versions they were seen in.
const said: readonly (readonly [Fault, string])[] = [
  ['not_found', 'Error response from daemon: manifest for 127.0.0.1:5000/app@sha256:00 not found: manifest unknown: manifest unknown'],
  ['not_found', 'Error response from daemon: repository does not exist'],
  ['auth', 'Error response from daemon: Head "http://127.0.0.1:5000/v2/app/manifests/v1": no basic auth credentials'],
  ['auth', 'Error response from daemon: pull access denied for app, repository does not exist or may require docker login: denied: requested access'],
  ['auth', 'Error response from daemon: Get "https://r/v2/": unauthorized: incorrect username or password'],
  ['network', 'Error response from daemon: Get "http://127.0.0.1:5000/v2/": dial tcp 127.0.0.1:5000: connect: connection refused'],
  ['network', 'Error response from daemon: Get "https://r.invalid/v2/": dial tcp: lookup r.invalid: no such host'],
  ['network', 'net/http: TLS handshake timeout'],
  ['rate_limited', 'toomanyrequests: You have reached your pull rate limit.'],
  ['disk_full', 'write /var/lib/docker/tmp/GetImageBlob1: no space left on device'],
  ['daemon_down', 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?'],
  ['plugin_missing', "docker: unknown command: docker compose"],
  ['plugin_missing', "docker: 'compose' is not a docker command.\nSee 'docker --help'"],
  ['port_in_use', 'Error response from daemon: driver failed programming external connectivity on endpoint p-web-1: Error starting userland proxy: listen tcp4 0.0.0.0:80: bind: address already in use'],
  ['port_in_use', 'Bind for 0.0.0.0:80 failed: port is already allocated'],
  ['conflict', 'Error response from daemon: Conflict. The container name "/0123456789ab_p-web-1" is already in use by container "ff". You have to remove'],
  ['network_ambiguous', 'network p_default is ambiguous (2 matches found on name)'],
  ['no_such_service', 'no such service: wbe'],
  ['no_such_image', 'Error response from daemon: No such image: r/app@sha256:00'],
  ['dependency', 'dependency failed to start: container p-db-1 is unhealthy'],
  ['dependency', 'service "migrate" didn\'t complete successfully: exit 4'],
  ['oci', 'OCI runtime create failed: runc create failed: unable to start container process: exec: "nope": executable file not found in $PATH: unknown'],
  ['config', 'validating /srv/compose.yaml: services.web Additional property imagee is not allowed'],
  ['config', 'yaml: line 2: did not find expected \',\' or \']\''],
  ['config', 'error while interpolating services.web.image: required variable X is missing a value: msg'],
  ['config', 'no configuration file provided: not found'],
  ['other', 'something nobody has heard of'],
];

describe('what Docker and Compose say', () => {
  it.each(said)('is about %s: %s', (fault, text) => {
    expect(faultOf(text)).toBe(fault);
  });

  it('becomes an error with the code of its cause, whatever was being done', () => {
    expect(commonFault('a', 'x: no space left on device')).toMatchObject({ code: 'host_disk_full', host: 'a', retryable: false });
    expect(commonFault('a', 'Cannot connect to the Docker daemon at x')).toMatchObject({ code: 'docker_unavailable', retryable: true });
    expect(commonFault('a', 'yaml: line 2: x')).toMatchObject({ code: 'project_invalid' });
    expect(commonFault('a', 'network p_default is ambiguous (2 matches)')?.message).toContain('docker compose down');
    expect(commonFault('a', 'manifest unknown')).toBeUndefined();
  });

  it('is quoted without the lines that only tell of progress', () => {
    expect(lastWords(' Container p-web-1  Recreate\n Container p-web-1  Recreated\nError response from daemon: no\n Network p_default  Creating\n')).toBe('Error response from daemon: no');
    expect(lastWords('x'.repeat(900)).length).toBeLessThanOrEqual(501);
  });
});

describe('evidence', () => {
  it('is the end of a text, at most 4 KiB, without half a character', () => {
    const { evidence: text = '' } = evidence(`begin${'é'.repeat(4096)}end`);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4096);
    expect(text.endsWith('éend')).toBe(true);
    expect(text).not.toContain('\uFFFD');
  });

  it('is left out where there is none', () => {
    expect(evidence(' \n')).toEqual({});
  });
});
