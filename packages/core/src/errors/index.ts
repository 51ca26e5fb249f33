export { errorCodes, errorFamilies, type CheckErrorCode, type DeployerErrorCode, type ErrorCode, type ErrorCodeEntry, type RegistryErrorCode, type RunErrorCode, type StoreErrorCode, type UseErrorCode } from './codes.js';
export { causeOf, failure, isDavitError, type CheckError, type DavitError, type DeployerError, type ErrorFacts, type RegistryError, type RunError, type StoreError, type UseError } from './davit-error.js';
export { checkOptions, ConfigurationError, refuseUnknownOptions, type OptionsPlace } from './configuration-error.js';
export { kindOf } from './kind-of.js';
export type { OptionFault, OptionRule, OptionRules } from './option-rules.js';
export * as rule from './option-rules.js';
