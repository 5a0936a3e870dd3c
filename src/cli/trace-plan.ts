// SPDX-License-Identifier: Apache-2.0
import { existsSync } from "node:fs";
import { join } from "node:path";
import { resolveUser } from "../linux/account.ts";
import { findControlGroup, type LocatedControlGroup } from "../linux/cgroup/control-group.ts";
import { findContainer } from "../linux/container/find.ts";
import type { Inheritance } from "../linux/inheritance.ts";
import { userCredentials } from "../linux/launch-options.ts";
import { launchOptionsOf, readServicePlan } from "../linux/systemd/service-file.ts";
import {
  hasEnded,
  placeOfUnit,
  readUnit,
  restartUnit,
  unitControlGroup,
  type UnitState,
} from "../linux/systemd/unit.ts";
import { escapeText } from "../report/text/escape.ts";
import type { Subject } from "../trace/model.ts";
import type { CommandOptions, GroupOptions, TraceOptions } from "../trace/session.ts";
import { writeDiagnostic } from "./output.ts";
import type { TraceTarget } from "./trace-options.ts";

type Target<Kind extends TraceTarget["kind"]> = Extract<TraceTarget, { kind: Kind }>;
type CommandPlan = Omit<CommandOptions, keyof TraceOptions>;
type GroupTarget = Omit<GroupOptions, keyof TraceOptions>;

/** What to start a command with: as another user, or as its unit file says. */
export function planCommand(
  target: Target<"command" | "service">,
  inheritance: Inheritance,
): CommandPlan {
  if (target.kind === "command") {
    const { argv, user } = target;
    const credentials = user === null ? {} : { credentials: userCredentials(resolveUser(user)) };
    return { argv, launch: { inheritance, ...credentials }, subject: null, gaps: [] };
  }
  const { file, override } = target;
  const plan = readServicePlan(file, override, process.env);
  writeDiagnostic(...plan.warnings.map((warning) => `warning: ${escapeText(warning)}`));
  const { argv, unit, unsupported } = plan;
  const subject = { kind: "service", unit, file, argv } as const;
  return { argv, launch: launchOptionsOf(plan), subject, gaps: unsupported };
}

/** Where to follow a unit, a container or a control group. */
export function planGroup(target: Target<"unit" | "container" | "cgroup">): GroupTarget {
  switch (target.kind) {
    case "unit":
      return unitOptions(target);
    case "container": {
      const { group, id, runtime } = findContainer(target.container);
      return groupOptions(group, { kind: "container", id, runtime });
    }
    case "cgroup": {
      const group = findControlGroup(target.path);
      return groupOptions(group, { kind: "cgroup", path: group.path });
    }
  }
}

function groupOptions(group: LocatedControlGroup, subject: Subject): GroupTarget {
  const isOver = (): boolean => !existsSync(group.directory);
  return { scope: { kind: "cgroup", group }, isOver, subject, start: null };
}

function unitOptions({ unit, restart }: Target<"unit">): GroupTarget {
  const state = readUnit(unit);
  const subject = { kind: "unit", unit: state.unit } as const;
  return restart ? restartOptions(state, subject) : groupOptions(unitControlGroup(state), subject);
}

/** How often to ask for a unit that has no control group, but may get one again. */
const ASK_AGAIN_MS = 500;

/** A restart makes a new control group: it is known beforehand by its name alone. */
function restartOptions(state: UnitState, subject: Subject): GroupTarget {
  const { parent, name } = placeOfUnit(state);
  const directory = join(parent.directory, name);
  let nextAskMs = Infinity;
  const start = async (signal: AbortSignal): Promise<void> => {
    await restartUnit(state.unit, signal);
    nextAskMs = 0;
  };
  const isOver = (): boolean => {
    if (existsSync(directory) || Date.now() < nextAskMs) return false;
    nextAskMs = Date.now() + ASK_AGAIN_MS;
    return hasEnded(state.unit);
  };
  return { scope: { kind: "cgroup", group: parent, child: name }, isOver, subject, start };
}
