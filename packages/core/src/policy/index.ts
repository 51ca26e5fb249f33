export { backoffMs, retrying, type BackoffOptions, type RetryableFault, type Retry, type RetryOptions } from './retry.js';
export { linkedSignal, type LinkedSignal } from './linked-signal.js';
export { noApproval, oneApproval, type OneApprovalOptions } from './approval.js';
export { redactor, type Redact } from './redact.js';
export { checkTagTemplate, renderTag, tagValues, tagVariables, type TagSubject, type TagValues, type TagVariable } from './tag-template.js';
export { checkTagRules, tagPolicies, tagPolicyOf, type TagPolicy, type TagRules } from './tag-policy.js';
