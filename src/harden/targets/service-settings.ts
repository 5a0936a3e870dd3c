// SPDX-License-Identifier: Apache-2.0
import { constantOrNumber } from "../program-set.ts";
import { type Account, isRoot, runsAsRoot, type Workload } from "../workload.ts";

/** Settings of [Service] that belong together, and the reason for them. */
export interface SettingGroup {
  readonly comment: string;
  readonly lines: readonly string[];
}

/**
 * User, capability sets, NoNewPrivileges and SecureBits of a service, in the order in which a reader
 * asks. What is not set is there too, with the reason.
 */
export function serviceSettings(workload: Workload): readonly SettingGroup[] {
  return [
    ...userSettings(workload),
    ...setSettings(workload),
    newPrivileges(workload),
    secureBits(workload),
  ];
}

function userSettings(workload: Workload): readonly SettingGroup[] {
  const { user, grant, evidence, subject } = workload;
  if (user !== null) return [{ comment: userReason(workload, user), lines: userLines(user) }];
  const uid = evidence?.onlyUid ?? null;
  // A unit says itself who it runs as.
  const isOfUnit = subject?.kind === "unit" || subject?.kind === "service";
  if (uid !== null && !isOfUnit) {
    return [{ comment: "It ran as this user from the start to the end.", lines: [`User=${uid}`] }];
  }
  if (!grant.ranAsRoot || subject === null) return [];
  if (grant.afterDrop !== null) {
    return [{ comment: "No User=: it starts as root, and changes its user by itself.", lines: [] }];
  }
  const comment = "It ran as root. As a user of its own it could do less; trace it as one, then:";
  return [{ comment, lines: ["#User=SERVICE_USER"] }];
}

function userReason({ grant, subject }: Workload, user: Account): string {
  if (isRoot(user)) return "As asked for: root.";
  if (subject === null) return "As asked for.";
  return grant.ranAsRoot
    ? "As asked for, and untested: it ran as root, which needs no capability for root's own files. " +
        "capscope minimize --user tries it as this user."
    : "As asked for: it did not run as root either.";
}

function userLines({ user, group }: Account): readonly string[] {
  return [`User=${user}`, ...(group === null ? [] : [`Group=${group}`])];
}

function setSettings(workload: Workload): readonly SettingGroup[] {
  const { capabilities } = workload;
  if (capabilities.length === 0) {
    const comment = "It needs no capability, and none can be gained.";
    return [{ comment, lines: ["CapabilityBoundingSet=", "AmbientCapabilities="] }];
  }
  const bounding = {
    comment: runsAsRoot(workload)
      ? "Root is given what the bounding set holds at each exec, so it grants as well as limits."
      : "Nothing it executes can gain more than this.",
    lines: listLines("CapabilityBoundingSet", workload),
  };
  const ambient =
    runsAsRoot(workload) && workload.evidence?.hasNoRoot !== true
      ? {
          comment:
            "For root the bounding set is enough; what another unit file gives is taken back.",
          lines: ["AmbientCapabilities="],
        }
      : {
          comment:
            "Without root's privileges it has what is ambient, in the programs it executes too.",
          lines: listLines("AmbientCapabilities", workload),
        };
  return [bounding, ambient];
}

/** One assignment for each basis: they add up. The first one takes away what other files say. */
function listLines(key: string, { capabilities }: Workload): readonly string[] {
  const groups = [
    { basis: "proven", comment: "# proven by re-runs without it:" },
    { basis: "evidence", comment: "# by evidence of a trace, not proven:" },
    { basis: "untested", comment: "# untested:" },
  ] as const;
  const lines = groups.flatMap(({ basis, comment }) => {
    const names = capabilities.filter((each) => each.basis === basis);
    if (names.length === 0) return [];
    const list = names.map(({ capability }) => constantOrNumber(capability)).join(" ");
    return [comment, `${key}=${list}`];
  });
  return [`${key}=`, ...lines];
}

function newPrivileges({ grant: { gainAtExec } }: Workload): SettingGroup {
  switch (gainAtExec) {
    case "seen":
      return {
        comment:
          "No NoNewPrivileges=yes: programs gained privileges when they were executed, and would not.",
        lines: [],
      };
    case "not-seen":
      return {
        comment: "No program gained privileges when it was executed.",
        lines: ["NoNewPrivileges=yes"],
      };
    case "unknown":
      return {
        comment:
          "Not known whether it executes setuid programs or files with capabilities: then set it to no.",
        lines: ["NoNewPrivileges=yes"],
      };
  }
}

/** Man 7 capabilities, under "The securebits flags". */
function secureBits(workload: Workload): SettingGroup {
  if (runsAsRoot(workload)) {
    return {
      comment:
        "No SecureBits=: as root it has its capabilities because it is root; noroot would take them all.",
      lines: [],
    };
  }
  if (workload.grant.gainAtExec === "seen") {
    return {
      comment: "No SecureBits=noroot: setuid programs that it executes would gain nothing.",
      lines: [],
    };
  }
  return {
    comment: "To be root gives no capability either; ambient ones are not touched by it.",
    lines: ["SecureBits=noroot noroot-locked"],
  };
}
