/**
 * What a promotion asks of the outside world: staging tests by command or function, endpoint probes over HTTP and TCP.
 * @module
 */
export { testCommand, type TestCommandOptions } from './tests/test-command.js';
export { testFunction, type TestFunction, type TestFunctionOptions, type TestFunctionResult } from './tests/test-function.js';
export { httpProbe, type HttpProbeOptions } from './probes/http-probe.js';
export type { BodyExpectation } from './probes/expectation.js';
export { tcpProbe, type TcpProbeOptions } from './probes/tcp-probe.js';
export type { SteadyOptions } from './probes/ask-until-steady.js';
