/**
 * Fakes for every port, without a test runner: a whole promotion can run in memory.
 * @module
 */
export { manualClock, type ManualClock, type ManualClockOptions } from './manual-clock.js';
export type { Scripted, ScriptedFault, ScriptedHook } from './script.js';
export { buildImage, buildIndex, buildReferrer, rawManifest, type BuiltImage, type ImageOptions, type IndexOptions } from './image-builder.js';
export { memoryRegistry, type MemoryRegistry, type MemoryRegistryOptions, type RegistryCall, type RegistryEffect, type RegistryMethod } from './memory-registry.js';
export { scriptedDeployer, type DeployerCall, type DeployerEffect, type DeployerMethod, type ImageFault, type ScriptedDeployer, type ScriptedDeployerOptions, type ScriptedHost } from './scripted-deployer.js';
export { fixedApproval, scriptedProbe, scriptedTests, scriptedVerifier, type ScriptedProbe, type ScriptedTests, type ScriptedVerifier } from './scripted-checks.js';
export { recordingNotifier, type RecordingNotifier } from './recording-notifier.js';
