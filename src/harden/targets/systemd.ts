// SPDX-License-Identifier: Apache-2.0
import type { Detail, Draft } from "../draft.ts";
import { constantOrNumber } from "../program-set.ts";
import { type Sandbox, type SandboxOption, sandboxFor } from "../sandbox.ts";
import { listNames } from "../wording.ts";
import { runsAsRoot, type Workload } from "../workload.ts";
import { capitalised, commented } from "./commented.ts";
import { serviceSettings } from "./service-settings.ts";

/**
 * A drop-in for a service: systemd.exec(5). An assignment adds to what the unit's other files say,
 * so each list is emptied first. Names without CAP_ would be ignored with a warning at most.
 */
export function draftSystemd(workload: Workload, detail: Detail): Draft {
  const { unit } = workload;
  const place = dropInPath(unit);
  return {
    title: unit === null ? "systemd service" : "systemd drop-in",
    place,
    comment: "#",
    lines: ["[Service]", ...(detail === "brief" ? brief(workload) : full(workload))],
    notes: [
      ...(place === null ? ["Write it into a drop-in of the service: systemctl edit UNIT."] : []),
      ...unitNotes(unit),
      ...privilegeNotes(workload),
      "It takes effect with: systemctl daemon-reload, and a restart of the service.",
    ],
  };
}

function brief({ grant: { all, ranAsRoot } }: Workload): readonly string[] {
  const names = all.map(constantOrNumber).join(" ");
  if (all.length === 0) {
    return [
      ...(ranAsRoot
        ? ["# As root it needs none either; as a user of its own it can do less:"]
        : []),
      ...(ranAsRoot ? ["#User=SERVICE_USER"] : []),
      "AmbientCapabilities=",
      "CapabilityBoundingSet=",
    ];
  }
  const bounding = ["CapabilityBoundingSet=", `CapabilityBoundingSet=${names}`];
  const ambient = ["AmbientCapabilities=", `AmbientCapabilities=${names}`];
  if (!ranAsRoot) return [...ambient, ...bounding];
  return [
    "# It ran as root: at each exec root is given what the bounding set holds.",
    ...bounding,
    "# To run it as a user of its own from the start, give them as ambient capabilities:",
    "#User=SERVICE_USER",
    ...ambient.slice(1).map((line) => `#${line}`),
  ];
}

/** Each setting below the reason for it. */
function full(workload: Workload): readonly string[] {
  return [
    ...serviceSettings(workload).flatMap(({ comment, lines }) => [...commented(comment), ...lines]),
    "",
    ...sandboxLines(sandboxFor(workload)),
  ];
}

function sandboxLines({ obstacle, written, refused, undecided }: Sandbox): readonly string[] {
  if (obstacle !== null) return commented(`No sandboxing: ${obstacle}.`);
  return [
    "# Sandboxing that takes nothing away which was seen to be used:",
    ...written.flatMap(({ setting, reason }) => [...commented(`${capitalised(reason)}.`), setting]),
    ...(refused.length === 0 ? [] : ["", "# Not written, each for its reason:"]),
    ...byReason(refused).flatMap(({ setting, reason }) => commented(`${setting}: ${reason}.`)),
    "",
    "# A trace of capabilities does not tell; try one at a time when you know:",
    ...undecided.map(({ setting, reason }) => `# ${setting}: ${reason}.`),
  ];
}

/** Settings with one reason in one line. */
function byReason(options: readonly SandboxOption[]): readonly SandboxOption[] {
  const reasons = [...new Set(options.map(({ reason }) => reason))];
  return reasons.map((reason) => {
    const alike = options.filter((each) => each.reason === reason);
    return { setting: alike.map(({ setting }) => setting).join(", "), reason };
  });
}

function privilegeNotes(workload: Workload): readonly string[] {
  const { all, gainAtExec, afterDrop, needed } = workload.grant;
  const isRoot = runsAsRoot(workload);
  const identity = needed.filter((name) => name === "setuid" || name === "setgid");
  return [
    ...(isRoot && all.length > 0
      ? [
          "A bounding set grants nothing: with User= set to another user than root, the service has " +
            "no capability unless AmbientCapabilities= gives it.",
        ]
      : []),
    ...(isRoot && afterDrop !== null && identity.length > 0
      ? [
          `It gives root up by itself. Started as its own user it may not need ${listNames(identity)}: ` +
            "trace it that way.",
        ]
      : []),
    ...(gainAtExec === "seen"
      ? [
          "Programs gained capabilities when they were executed (setuid, file capabilities, or root): " +
            "NoNewPrivileges=yes would keep them from it.",
        ]
      : []),
  ];
}

/** After what distributions write, before what an administrator may put above it. */
export const DROP_IN_NAME = "50-capabilities.conf";

/** Where the drop-in goes; null for what is no service, or has a name that cannot be one. */
export function dropInPath(unit: string | null): string | null {
  if (unit === null || !isServiceName(unit)) return null;
  return `/etc/systemd/system/${unit}.d/${DROP_IN_NAME}`;
}

/** Man 5 systemd.unit: these characters, and 255 of them at most. */
export function isServiceName(unit: string): boolean {
  return /^[A-Za-z0-9:_.\\@-]{1,247}\.service$/.test(unit) && !unit.startsWith(".");
}

function unitNotes(unit: string | null): readonly string[] {
  if (unit === null || isServiceName(unit)) return [];
  return [`${unit} is no service: these settings belong to the service that starts its programs.`];
}
