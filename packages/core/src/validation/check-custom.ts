/**
 * An organisation's own checks, kept from harming the others.
 * @module
 */
import { rule, type CheckError, type RegistryError } from '../errors/index.js';
import type { Call, Finding, ImageCheck, ImageSource, InspectedImage } from '../ports/index.js';
import { ResultAsync } from '../result.js';
import { askOthers } from './ask-others.js';

/** Makes one check. One that throws, or whose answer is no list of findings, is `check_inconclusive`: nothing is known. */
export function checkCustom(custom: ImageCheck, image: InspectedImage, source: ImageSource, call: Call): ResultAsync<readonly Finding[], CheckError | RegistryError> {
  return new ResultAsync(askOthers({ image: image.name, check: custom.name, who: `the check ${custom.name}`, ask: () => custom.check(image, source, call), judge: findings }));
}

const findings = rule.list(rule.must("a finding with the texts code, path and message, and the severity 'error' or 'warning'", isFinding), 'a list of findings');

function isFinding(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { code, path, message, severity } = value as Partial<Record<keyof Finding, unknown>>;
  return [code, path, message].every((text) => typeof text === 'string') && (severity === 'error' || severity === 'warning');
}
