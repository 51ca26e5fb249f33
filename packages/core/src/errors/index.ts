export { errorCodes, errorFamilies, type CheckErrorCode, type DeployerErrorCode, type ErrorCode, type ErrorCodeEntry, type RegistryErrorCode, type RunErrorCode, type StoreErrorCode, type UseErrorCode } from './codes.js';
export { causeOf, failure, isDavitError, type CheckError, type DavitError, type DeployerError, type ErrorFacts, type RegistryError, type RunError, type StoreError, type UseError } from './davit-error.js';
export { ConfigurationError, refuseUnknownOptions } from './configuration-error.js';
