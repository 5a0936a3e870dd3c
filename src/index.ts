// SPDX-License-Identifier: Apache-2.0

/** The public API: what the command line is made of. */
export { CAPABILITY_NAMES, capabilityName } from "./capabilities/names.ts";
export { SystemError, UnsupportedError, UsageError } from "./errors.ts";
export { collectExposure, collectInterfaces, type ExposureOptions } from "./exposure/collect.ts";
export { type ExposureFilter, filterReport, KEEP_ALL } from "./exposure/filter.ts";
export type * from "./exposure/model.ts";
export type { CapabilityFinding, Image, Observation, Profile, Verdict } from "./trace/model.ts";
export { traceCommand, type TraceOptions, type TraceResult } from "./trace/session.ts";
export {
  EXPOSURE_FORMATS,
  type ExposureFormat,
  type ExposureRenderer,
  loadExposureRenderer,
  loadPrivilegedRenderer,
  type TextOptions,
} from "./report/index.ts";
export { VERSION } from "./version.ts";
