// SPDX-License-Identifier: Apache-2.0
import type { DifferenceKind, VerifyReport, VerifyTarget } from "../verify/model.ts";
import { renderSarif, type SarifRule } from "./sarif.ts";

/** Renders the differences as SARIF 2.1.0; of a manifest, with lines. */
export function renderVerifySarif(report: VerifyReport): string {
  const { tool, time, target, holders, differences, coverage } = report;
  const file = target.kind === "manifest" ? target.file : null;
  return renderSarif({
    version: tool.version,
    time,
    rules: Object.values(RULES),
    results: differences.map(({ kind, holder, message }) => {
      const line = holders[holder]?.line ?? null;
      const start = line === null ? null : { line, column: 1 };
      const { id, level, fix } = RULES[kind];
      return {
        rule: id,
        level,
        message: `${message}. To do: ${fix}.`,
        file,
        start,
        end: null,
        subject: file === null ? subjectOf(target) : null,
        edits: [],
        suppressed: false,
      };
    }),
    notifications: coverage.gaps.map(({ message }) => ({ message, file, start: null })),
    complete: coverage.complete,
  });
}

function subjectOf(target: VerifyTarget): string | null {
  switch (target.kind) {
    case "process":
      return `pid ${target.pid}`;
    case "unit":
      return target.unit;
    case "container":
      return target.id;
    case "command":
      return target.program;
    case "manifest":
      return null;
  }
}

const RULES: Readonly<Record<DifferenceKind, SarifRule>> = {
  "wider-set": {
    id: "verify/wider-set",
    level: "error",
    title: "A capability set holds more than expected",
    why:
      "What a process holds, whoever takes it over holds as well; what is in its bounding set alone, " +
      "a setuid program gives it.",
    fix: "limit the bounding set, and restart what runs",
    source: "man 7 capabilities",
  },
  "narrower-set": {
    id: "verify/narrower-set",
    level: "warning",
    title: "A capability set holds less than expected",
    why: "With exactness asked for, the bounding set has to hold all that is expected.",
    fix: "grant what is missing, or take it out of the expectation",
    source: "man 7 capabilities",
  },
  lacking: {
    id: "verify/lacking",
    level: "error",
    title: "An expected capability would not be granted",
    why: "What is not in the bounding set can never be had: the program will be refused it.",
    fix: "add what is missing",
    source: "man 7 capabilities",
  },
  "no-new-privileges": {
    id: "verify/no-new-privileges",
    level: "error",
    title: "no_new_privs is declared and not set",
    why: "Without it, a setuid program or file capabilities give a process more than it has.",
    fix: "restart what was started before it was declared",
    source: "man 2 PR_SET_NO_NEW_PRIVS",
  },
  securebits: {
    id: "verify/securebits",
    level: "error",
    title: "Secure bits are declared and not set",
    why: "Without them root has its privileges by its user id alone.",
    fix: "restart what was started before they were declared",
    source: "man 7 capabilities",
  },
  user: {
    id: "verify/user",
    level: "error",
    title: "A process runs as another user than declared",
    why: "A service that has a user of its own is no longer confined to what that user may do.",
    fix: "look for what changed the user: setuid programs, CAP_SETUID",
    source: "man 5 systemd.exec",
  },
};
