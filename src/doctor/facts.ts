// SPDX-License-Identifier: Apache-2.0
import type { CapabilitySet } from "../capabilities/set.ts";
import type { Coverage } from "../exposure/model.ts";
import type { WayIn } from "../linux/bpf/observation.ts";
import type { HierarchyMount } from "../linux/cgroup/mounts.ts";
import type { Mount } from "../linux/procfs/mounts.ts";
import type { ReadFailure } from "../linux/procfs/read-text.ts";
import type { SystemContextRecord } from "../linux/procfs/system-context.ts";

/** What was found on the machine, before it is judged. */
export interface Facts {
  readonly kernel: string;
  readonly types: KernelTypeFacts | ReadFailure;
  /** Null where libbpf could not be loaded; `libbpfFailure` says why. */
  readonly libbpf: string | null;
  readonly libbpfFailure: Failure | null;
  /** Best first. */
  readonly waysIn: readonly WayInFacts[];
  /** Of the best way in; null where there is none. */
  readonly trial: TrialFacts | null;
  readonly lockdown: SystemContextRecord["lockdown"];
  /** By dotted name; null where this kernel has none or hides it. */
  readonly sysctls: SystemContextRecord["sysctls"];
  readonly exposure: Coverage;
  /** Null without /proc. */
  readonly mounts: readonly Mount[] | null;
  readonly hierarchies: readonly HierarchyMount[];
  readonly namespaces: { readonly pid: boolean | null; readonly user: boolean | null };
  /** Why the service manager could not be asked; null when it could. */
  readonly managerFailure: string | null;
  readonly containers: ContainerFacts;
  /** In effect; null where it could not be read. */
  readonly privileges: CapabilitySet | null;
}

/** What the state of container engines tells. */
export interface ContainerFacts {
  readonly named: number;
  /** Directories and files that may not be read. */
  readonly closed: readonly string[];
}

/** A reason, and what helps. */
export interface Failure {
  readonly reason: string;
  readonly remedy: string | null;
}

/** Iterators that the kernel has, by name. */
export interface KernelTypeFacts {
  readonly iterators: Readonly<Record<string, boolean>>;
}

/** What became of the attempt to use a way in. */
export interface WayInFacts {
  readonly wayIn: WayIn;
  readonly refusal: Failure | null;
}

/** What a trace of one check of this process itself showed. */
export interface TrialFacts {
  readonly counted: boolean;
  readonly named: boolean;
  readonly seesOutcomes: boolean;
}
