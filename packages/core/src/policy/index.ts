export { backoffMs, retrying, type BackoffOptions, type RetryableFault, type Retry, type RetryOptions } from './retry.js';
