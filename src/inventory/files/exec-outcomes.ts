// SPDX-License-Identifier: Apache-2.0
import { fullCredentials, sameIds, type TaskCredentials } from "../../capabilities/credentials.ts";
import { execve } from "../../capabilities/execve.ts";
import {
  type ExecConditions,
  type ExecutedFile,
  identityRuleOf,
  PLAIN_EXEC,
} from "../../capabilities/exec-model.ts";
import type { FileCapabilities } from "../../capabilities/file-capabilities.ts";
import { capabilityNames, EMPTY_SET } from "../../capabilities/set.ts";
import type { ExecOutcome } from "../model.ts";

/** What of a file decides what its execution gives. */
export interface OutcomeFacts {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly capabilities: FileCapabilities | null;
  readonly nosuid: boolean;
}

/** An ordinary user's uid; any that is not root's and owns nothing here. */
const SOMEBODY = 65_533;

/** Asks the model of execve(2) for those who may run the file. Pure. */
export function execOutcomes(facts: OutcomeFacts, release: string): readonly ExecOutcome[] {
  const conditions = { ...PLAIN_EXEC, identityRule: identityRuleOf(release) };
  const file = { ...facts, ownedByAncestor: true };
  const root = fullCredentials(conditions.lastCapability);
  const user: TaskCredentials = {
    ...root,
    uids: sameIds(SOMEBODY),
    gids: sameIds(SOMEBODY),
    permitted: EMPTY_SET,
    effective: EMPTY_SET,
  };
  const asked = facts.capabilities?.permitted ?? EMPTY_SET;
  const tasks: readonly (readonly [ExecOutcome["who"], TaskCredentials])[] = [
    ["user", user],
    ["root", root],
    ["confined", { ...user, noNewPrivs: true }],
    ["trimmed", { ...user, bounding: user.bounding & ~asked }],
  ];
  return tasks.map(([who, task]) => outcomeOf(who, task, file, conditions));
}

function outcomeOf(
  who: ExecOutcome["who"],
  task: TaskCredentials,
  file: ExecutedFile,
  conditions: ExecConditions,
): ExecOutcome {
  const result = execve(task, file, conditions);
  if (result.kind === "refused") return { who, refused: true, permitted: [], effective: [] };
  const { permitted, effective } = result.credentials;
  return {
    who,
    refused: false,
    permitted: capabilityNames(permitted),
    effective: capabilityNames(effective),
  };
}
