// SPDX-License-Identifier: Apache-2.0
import type { Gap } from "../exposure/model.ts";
import type { Facts } from "./facts.ts";
import type { Check, State } from "./model.ts";

/** Judges what an exposure report could see here, by what one has just seen. */
export function checkExposure(facts: Facts): readonly Check[] {
  return [checkSockets(facts), checkProcesses(facts)];
}

/** Gaps that are about processes; the others are about sockets. */
const PROCESS_GAPS: readonly string[] = ["descriptors-unreadable", "processes-hidden"];

function checkSockets({ exposure }: Facts): Check {
  const { sources } = exposure;
  const words = ["sock_diag", "procfs", "descriptors", "unavailable", "absent"].flatMap(
    (source) => {
      const protocols = Object.entries(sources)
        .filter(([, each]) => each === source)
        .map(([protocol]) => protocol);
      return protocols.length === 0 ? [] : [`${SOURCES[source] ?? source} ${protocols.join(" ")}`];
    },
  );
  const gaps = exposure.gaps.filter(
    ({ code, incomplete }) => incomplete && !PROCESS_GAPS.includes(code),
  );
  const listed = Object.values(sources).some((each) => each === "sock_diag" || each === "procfs");
  return {
    area: "exposure",
    name: "sockets",
    state: stateOf(gaps, listed),
    detail: words.join("; ") || "no table could be read",
    ...lossesOf(gaps),
  };
}

const SOURCES: Readonly<Record<string, string>> = {
  sock_diag: "by netlink:",
  procfs: "from /proc:",
  descriptors: "from descriptors only:",
  unavailable: "not to be listed:",
  absent: "not in this kernel:",
};

function checkProcesses({ exposure, mounts }: Facts): Check {
  const { processesSeen, processesUnreadable } = exposure;
  const hidepid = mounts
    ?.findLast(({ type, target }) => type === "proc" && target === "/proc")
    ?.options.find((option) => option.startsWith("hidepid="));
  const words = [
    `${processesSeen} seen`,
    `${processesUnreadable} unreadable`,
    ...(hidepid === undefined ? [] : [`/proc has ${hidepid}`]),
  ];
  const gaps = exposure.gaps.filter(({ code }) => PROCESS_GAPS.includes(code));
  return {
    area: "exposure",
    name: "processes",
    state: stateOf(gaps, processesSeen > 0),
    detail: words.join(", "),
    ...lossesOf(gaps),
  };
}

function stateOf(gaps: readonly Gap[], isPossible: boolean): State {
  if (!isPossible) return "missing";
  return gaps.length === 0 ? "ok" : "limited";
}

function lossesOf(gaps: readonly Gap[]): Pick<Check, "effect" | "remedy"> {
  const remedies = new Set(gaps.map(({ remedy }) => remedy).filter((remedy) => remedy !== null));
  return {
    effect: gaps.map(({ message }) => message).join("; ") || null,
    remedy: [...remedies].join("; ") || null,
  };
}
