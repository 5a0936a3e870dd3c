// SPDX-License-Identifier: Apache-2.0
import { constantName } from "../capabilities/spelling.ts";
import type { Profile, Subject } from "../trace/model.ts";
import type { Grant } from "./grant.ts";
import type { Recommendation } from "./model.ts";
import { evidenceSentence, listNames } from "./wording.ts";

/**
 * A drop-in for a service: systemd.exec(5). An assignment adds to what the unit's other files say,
 * so each list is emptied first. Names without CAP_ would be ignored with a warning at most.
 */
export function recommendSystemd({ subject }: Profile, grant: Grant): Recommendation {
  const unit = unitOf(subject);
  const place = placeOf(unit);
  return {
    target: "systemd",
    title: unit === null ? "systemd service" : "systemd drop-in",
    text: [
      ...(place === null ? [] : [`# ${place}`]),
      `# ${evidenceSentence(grant)}`,
      "[Service]",
      ...settings(grant),
    ].join("\n"),
    notes: [
      ...(place === null ? ["Write it into a drop-in of the service: systemctl edit UNIT."] : []),
      ...unitNotes(unit),
      ...privilegeNotes(grant),
      "It takes effect with: systemctl daemon-reload, and a restart of the service.",
    ],
  };
}

function settings({ all, ranAsRoot }: Grant): readonly string[] {
  const names = all.map(constantName).join(" ");
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

function privilegeNotes({
  all,
  ranAsRoot,
  gainsAtExec,
  afterDrop,
  needed,
}: Grant): readonly string[] {
  const identity = needed.filter((name) => name === "setuid" || name === "setgid");
  return [
    ...(ranAsRoot && all.length > 0
      ? [
          "A bounding set grants nothing: with User= set to another user than root, the service has " +
            "no capability unless AmbientCapabilities= gives it.",
        ]
      : []),
    ...(ranAsRoot && afterDrop !== null && identity.length > 0
      ? [
          `It gives root up by itself. Started as its own user it may not need ${listNames(identity)}: ` +
            "trace it that way.",
        ]
      : []),
    ...(gainsAtExec
      ? [
          "Programs gained capabilities when they were executed (setuid, file capabilities, or root): " +
            "NoNewPrivileges=yes would keep them from it.",
        ]
      : []),
  ];
}

/** The unit of a service; null for anything else. */
function unitOf(subject: Subject): string | null {
  return subject.kind === "unit" || subject.kind === "service" ? subject.unit : null;
}

/** Where the drop-in goes; null for what is no service, or has a name that cannot be one. */
function placeOf(unit: string | null): string | null {
  if (unit === null || !SERVICE_NAME.test(unit)) return null;
  return `/etc/systemd/system/${unit}.d/50-capabilities.conf`;
}

/** Man 5 systemd.unit: these characters, and 255 of them at most. */
const SERVICE_NAME = /^[A-Za-z0-9:_.\\@-]{1,247}\.service$/;

function unitNotes(unit: string | null): readonly string[] {
  if (unit === null || SERVICE_NAME.test(unit)) return [];
  return [`${unit} is no service: these settings belong to the service that starts its programs.`];
}
