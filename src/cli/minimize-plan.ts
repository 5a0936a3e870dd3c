// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import { CAPABILITY_NAMES } from "../capabilities/names.ts";
import { allCapabilities, capabilityNames, setOf } from "../capabilities/set.ts";
import { UnsupportedError } from "../errors.ts";
import { resolveUser } from "../linux/account.ts";
import { readLastCapability } from "../linux/procfs/machine.ts";
import { readProcessStatus } from "../linux/procfs/task.ts";
import { inputKind } from "../linux/standard-streams.ts";
import type { MinimizeOptions } from "../trace/minimize/minimize.ts";
import type { StateRequest } from "../trace/minimize/state.ts";
import type { MinimizeRequest } from "./minimize-options.ts";
import { definedVariables } from "./variables.ts";

export interface MinimizePlan {
  readonly options: Omit<MinimizeOptions, "signal" | "state" | "listener">;
  /** For the user, ready to print. */
  readonly warnings: readonly string[];
}

/** Works out whom to run as, and with what. Throws UnsupportedError without the privileges for it. */
export function planMinimize(request: MinimizeRequest): MinimizePlan {
  const { user, argv, ready, check, prepare, status, strict } = request;
  const own = readProcessStatus("self");
  if (own.kind !== "status") throw new UnsupportedError("/proc/self/status cannot be read");
  const { permitted, effective, bounding, uids } = own.status;
  const resolved = user === null ? null : resolveUser(user);
  const uid = resolved?.uid ?? uids[1];
  assertPrivileged(effective, uids[1]);
  const granted = permitted & bounding;
  return {
    options: {
      plan: {
        argv,
        user: resolved === null || uid === 0 ? null : resolved,
        environment: definedVariables(process.env),
        readiness: ready?.readiness ?? null,
        check,
        prepare,
      },
      uid,
      criterion: {
        status: ready === null ? status : null,
        ready: ready?.text ?? null,
        check,
        strict,
      },
      granted,
      lacking: allCapabilities(readLastCapability() ?? NEWEST) & ~granted,
      runsPerAnswer: request.runs,
      runLimit: request.maxRuns,
      jobs: request.jobs,
      limitMs: request.timeoutMs,
      watchesExits: request.watchesExits,
      runId: randomUUID(),
      now: () => new Date(),
    },
    warnings: inputKind() === "other" ? [INPUT_WARNING] : [],
  };
}

const INPUT_WARNING =
  "standard input can be read once only: the command gets none; redirect it from a file instead";

/** Highest number that is known, where the kernel does not tell. */
const NEWEST = CAPABILITY_NAMES.length - 1;

/** Limits can be set by root alone: setpriv(1). */
function assertPrivileged(effective: bigint, uid: number): void {
  if (uid === 0 && (effective & setOf("setpcap")) !== 0n) return;
  throw new UnsupportedError("taking capabilities away from a command is for root", {
    hint: "run it with sudo; --user says as whom the command is to run",
  });
}

/** What has to be the same when a search goes on. */
export function requestFacts({ options }: MinimizePlan): StateRequest {
  const { plan, uid, criterion, granted } = options;
  return {
    command: plan.argv,
    directory: process.cwd(),
    user: uid,
    group: plan.user?.gid ?? null,
    criterion,
    preparation: plan.prepare,
    capabilities: capabilityNames(granted),
    input: inputKind() === "file",
  };
}
