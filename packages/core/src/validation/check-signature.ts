/**
 * Is the image signed by somebody trusted (chart 1, K and L; R46–R48, G12).
 * @module
 */
import { failure, rule, type CheckError, type RegistryError } from '../errors/index.js';
import { isOff } from '../policy/off.js';
import type { Call, Finding, ImageSource, InspectedImage, SignatureVerdict } from '../ports/index.js';
import { err, ok, ResultAsync, type Result } from '../result.js';
import { askOthers } from './ask-others.js';
import type { ChecksPolicy } from './policy.js';

/**
 * Asks the verifier about the image's digest. Without a policy the answer is the error `signature_policy_missing`, which
 * names the switch; a verifier that could not decide, that throws or whose answer is no verdict is `check_inconclusive`.
 */
export function checkSignature(image: InspectedImage, policy: Pick<ChecksPolicy, 'signature'>, source: ImageSource, call: Call): ResultAsync<readonly Finding[], CheckError | RegistryError> {
  return new ResultAsync(check(image, policy, source, call));
}

async function check({ name, reference }: InspectedImage, { signature }: Pick<ChecksPolicy, 'signature'>, source: ImageSource, call: Call): Promise<Result<readonly Finding[], CheckError | RegistryError>> {
  const { digest } = reference;
  const path = 'signature';
  if (signature === undefined) return err(failure('signature_policy_missing', `${name}: no signature policy is configured; give a verifier, or say why there is none: signature: { off: 'reason' }`, { check: 'signature', digest, field: 'checks.signature' }));
  if (isOff(signature)) return ok([{ code: 'signature_off', path, severity: 'warning', message: `signatures are not checked: ${signature.off}` }]);
  const verified = await askOthers({ image: name, check: 'signature', who: `the verifier ${signature.name}`, ask: () => signature.verify(reference, source, call), judge: verdicts });
  if (verified.isErr()) return err({ ...verified.error, message: `${name}: ${verified.error.message}` });
  const { verdict, detail } = verified.value;
  if (verdict === 'verified') return ok([]);
  if (verdict === 'indeterminate') return err(failure('check_inconclusive', `${name}: ${signature.name} could not decide about the signature of ${digest}: ${detail}`, { check: 'signature', digest, retryable: true }));
  return ok([{ code: `signature_${verdict}`, path, severity: 'error', message: `the signature of ${digest} is ${verdict === 'unsigned' ? 'missing' : verdict}: ${detail}`, expected: 'verified', actual: verdict }]);
}

const known: readonly string[] = ['verified', 'unsigned', 'untrusted', 'invalid', 'indeterminate'] satisfies readonly SignatureVerdict['verdict'][];

const verdicts = rule.must(`a verdict (${known.join(', ')}) with a text, detail`, (value) => typeof value === 'object' && value !== null && 'verdict' in value && known.includes(String(value.verdict)) && 'detail' in value && typeof value.detail === 'string');
