// SPDX-License-Identifier: Apache-2.0

/** The public API: what the command line is made of. */
export { CAPABILITY_NAMES, capabilityName } from "./capabilities/names.ts";
export {
  fullCredentials,
  type IdRange,
  type Ids,
  INITIAL_USER_NAMESPACE,
  type TaskCredentials,
  type UserNamespace,
} from "./capabilities/credentials.ts";
export {
  decodeMask,
  decodeProcess,
  encodeSpelling,
  explainCapabilities,
} from "./capabilities/build-reports.ts";
export { parseSpelling, type Spelling } from "./capabilities/parse-names.ts";
export type {
  DecodedMask,
  DecodedProcess,
  DecodeReport,
  EncodeReport,
  ExplainedCapability,
  ExplainReport,
} from "./capabilities/reports.ts";
export { knowledgeOf } from "./capabilities/knowledge/index.ts";
export type { CapabilityKnowledge } from "./capabilities/knowledge/model.ts";
export { givesRoot, type RootWay, waysToRoot } from "./capabilities/root-ways.ts";
export { recognizeSet, type WellKnownSet } from "./capabilities/runtimes.ts";
export { execve } from "./capabilities/execve.ts";
export {
  type ExecConditions,
  type ExecNote,
  type ExecResult,
  type ExecutedFile,
  identityRuleOf,
  PLAIN_EXEC,
} from "./capabilities/exec-model.ts";
export { applyDropIn, type ApplyOptions, planDropIn } from "./apply/apply.ts";
export type * from "./apply/model.ts";
export { collectDoctor, type DoctorOptions } from "./doctor/collect.ts";
export type { Check as DoctorCheck, DoctorReport } from "./doctor/model.ts";
export { SystemError, UnsupportedError, UsageError } from "./errors.ts";
export { collectExposure, collectInterfaces, type ExposureOptions } from "./exposure/collect.ts";
export { type ExposureFilter, filterReport, KEEP_ALL } from "./exposure/filter.ts";
export type * from "./exposure/model.ts";
export type * from "./inventory/model.ts";
export { changeFileCapabilities, type ChangeOptions } from "./inventory/files/change.ts";
export { collectFiles, type FilesOptions } from "./inventory/files/collect.ts";
export { filterFiles, type FilesFilter } from "./inventory/files/filter.ts";
export { collectImage, type ImageOptions } from "./inventory/image/collect.ts";
export { collectSelf, type SelfOptions } from "./inventory/self/collect.ts";
export { collectProcesses, type PsOptions } from "./inventory/ps/collect.ts";
export type * from "./trace/model.ts";
export { diffProfiles } from "./trace/diff.ts";
export { mergeProfiles, type NamedProfile } from "./trace/merge.ts";
export {
  monitorChecks,
  type MonitorListener,
  type MonitorOptions,
  type MonitorResult,
} from "./trace/monitor.ts";
export {
  minimize,
  type MinimizeListener,
  type MinimizeOptions,
  type MinimizeResult,
} from "./trace/minimize/minimize.ts";
export type { MonitorFilter } from "./trace/monitor/filter.ts";
export { parseProfile } from "./trace/parse-profile.ts";
export { profileOf } from "./trace/profile.ts";
export { traceCommand, type TraceOptions, type TraceResult } from "./trace/session.ts";
export {
  EXPOSURE_FORMATS,
  type ExposureFormat,
  type ExposureRenderer,
  loadExposureRenderer,
  loadPrivilegedRenderer,
  type TextOptions,
} from "./report/index.ts";
export { renderConfigurationText } from "./report/configuration-text.ts";
export { expectedOf, type ExpectedSet } from "./harden/expected.ts";
export { configureProfile, type Configured, configureWorkload } from "./harden/configure.ts";
export * from "./harden/model.ts";
export {
  type Account,
  NO_FACTS,
  type Workload,
  type WorkloadFacts,
  workloadOf,
  workloadOfSet,
} from "./harden/workload.ts";
export type { GivenSet } from "./verify/expectation.ts";
export type * from "./verify/model.ts";
export type { RunningTarget } from "./verify/processes.ts";
export { type ManifestOptions, verifyManifest } from "./verify/verify-manifest.ts";
export { type ProgramOptions, verifyProgram } from "./verify/verify-program.ts";
export { verifyRunning, type VerifyOptions } from "./verify/verify.ts";
export { lint, type LintInput, type LintOptions, lintRules } from "./lint/lint.ts";
export type {
  Edit as LintEdit,
  Finding as LintFinding,
  LintGap,
  LintReport,
  RuleText as LintRule,
  Severity as LintSeverity,
} from "./lint/model.ts";
export { detectKind } from "./manifest/detect.ts";
export { readManifest } from "./manifest/read.ts";
export { VERSION } from "./version.ts";
