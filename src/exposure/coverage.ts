// SPDX-License-Identifier: Apache-2.0
import type { HiddenProcesses } from "../process/hidden.ts";
import type { Coverage, Endpoint, Gap, SocketSource, Unowned } from "./model.ts";

/** What was noticed while a report was collected. */
export interface CoverageFacts {
  readonly netlinkFailure: string | null;
  readonly foreignFunctionsFailure: string | null;
  readonly sources: Coverage["sources"];
  readonly interrupted: readonly string[];
  readonly interfacesComplete: boolean;
  readonly processesSeen: number;
  readonly unreadableCount: number;
  readonly candidates: Unowned["candidates"];
  readonly hidden: HiddenProcesses | null;
  /** CAP_SYS_PTRACE is in effect: what is refused is refused by something else. */
  readonly mayTrace: boolean;
  /** Sockets that were closed between the first look and the last. */
  readonly closedMeanwhile: number;
  /** Sockets of which neither bound device nor IPV6_V6ONLY is known. */
  readonly socketsWithoutBindDetails: number;
  /** Loaded families that can listen and that this program does not know. */
  readonly unknownFamilies: readonly string[];
  readonly otherNetworkNamespaces: number;
  readonly socketUnitFailures: readonly string[];
  readonly unprobedEndpoints: number;
}

type Draft = Omit<Gap, "count"> & { readonly count?: number };

/** Turns what was noticed into gaps with their remedies. Pure. */
export function assessCoverage(facts: CoverageFacts, endpoints: readonly Endpoint[]): Coverage {
  const unowned = endpoints.filter((endpoint) => endpoint.unowned !== null);
  const blind = unowned.filter(({ unowned: why }) => isBlind(why?.reason));
  const drafts = [
    ...collectionGaps(facts),
    ...ownerGaps(facts, blind.length),
    ...sourceGaps(facts),
    ...notes(facts),
  ];
  const gaps = drafts.map(({ code, incomplete, count = 1, message, remedy }): Gap => ({
    code,
    incomplete,
    count,
    message,
    remedy,
  }));
  return {
    complete: !gaps.some(({ incomplete }) => incomplete),
    processesSeen: facts.processesSeen,
    processesUnreadable: facts.unreadableCount,
    endpointsWithoutOwner: unowned.length,
    sources: facts.sources,
    gaps,
  };
}

function isBlind(reason: string | undefined): boolean {
  return reason === "unreadable" || reason === "hidden";
}

function collectionGaps(facts: CoverageFacts): readonly Draft[] {
  const drafts: Draft[] = [];
  if (facts.foreignFunctionsFailure !== null) {
    drafts.push({
      code: "foreign-functions-unavailable",
      incomplete: true,
      message: `no netlink: ${facts.foreignFunctionsFailure}`,
      remedy: "set TMPDIR to a directory that is not mounted noexec",
    });
  } else if (facts.netlinkFailure !== null) {
    drafts.push({
      code: "netlink-unavailable",
      incomplete: true,
      message: `no netlink (${facts.netlinkFailure}): only what /proc tells of sockets and interfaces`,
      remedy: "allow AF_NETLINK sockets (seccomp, RestrictAddressFamilies=)",
    });
  } else if (!facts.interfacesComplete) {
    drafts.push({
      code: "interfaces-incomplete",
      incomplete: true,
      message: "rtnetlink refused: only what /proc tells of interfaces",
      remedy: null,
    });
  }
  for (const protocol of facts.interrupted) {
    drafts.push({
      code: "table-changing",
      incomplete: true,
      message: `the ${protocol} table changed during every attempt to read it`,
      remedy: "run again",
    });
  }
  return drafts;
}

function sourceGaps(facts: CoverageFacts): readonly Draft[] {
  const drafts: Draft[] = [];
  const names = (source: SocketSource): readonly string[] =>
    Object.entries(facts.sources)
      .filter(([, name]) => name === source)
      .map(([protocol]) => protocol);
  const unavailable = names("unavailable");
  if (unavailable.length > 0) {
    drafts.push({
      code: "protocols-unavailable",
      incomplete: true,
      count: unavailable.length,
      message: `sockets of ${unavailable.join(", ")} cannot be listed`,
      remedy: facts.processesSeen === 0 ? "mount /proc" : "load the kernel's *_diag modules",
    });
  }
  const byDescriptors = names("descriptors");
  if (byDescriptors.length > 0 && (facts.unreadableCount > 0 || facts.hidden !== null)) {
    drafts.push({
      code: "protocols-by-descriptors",
      incomplete: true,
      count: byDescriptors.length,
      message: `${byDescriptors.join(" and ")} sockets of processes that cannot be read are missing (no ${byDescriptors.map((protocol) => `${protocol}_diag`).join(", ")} in this kernel)`,
      remedy: null,
    });
  }
  return drafts;
}

function ownerGaps(facts: CoverageFacts, blindEndpoints: number): readonly Draft[] {
  const drafts: Draft[] = [];
  const { unreadableCount, hidden, mayTrace } = facts;
  if (unreadableCount > 0) {
    drafts.push({
      code: "descriptors-unreadable",
      incomplete: blindEndpoints > 0,
      count: unreadableCount,
      message: unreadableMessage(facts),
      remedy: mayTrace
        ? "CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH are not enough here: run outside the sandbox, in the initial namespaces"
        : "run as root, or with CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH",
    });
  }
  if (hidden !== null) {
    drafts.push({
      code: "processes-hidden",
      incomplete: blindEndpoints > 0,
      message: hidden.reason,
      remedy: hidden.remedy,
    });
  }
  return drafts;
}

function unreadableMessage({ unreadableCount, candidates }: CoverageFacts): string {
  const [only] = candidates;
  if (unreadableCount === 1 && only !== undefined) {
    return `the descriptors of 1 process are unreadable (${only.comm}, pid ${only.pid})`;
  }
  return `the descriptors of ${unreadableCount} processes are unreadable`;
}

function notes(facts: CoverageFacts): readonly Draft[] {
  const drafts: Draft[] = [];
  if (facts.unprobedEndpoints > 0) {
    drafts.push({
      code: "reuseport-unknown",
      incomplete: false,
      count: facts.unprobedEndpoints,
      message: `SO_REUSEPORT of ${facts.unprobedEndpoints} endpoints could not be asked for`,
      remedy: "run as root; pidfd_getfd needs ptrace access (kernel.yama.ptrace_scope below 3)",
    });
  }
  if (facts.socketsWithoutBindDetails > 0) {
    drafts.push({
      code: "bound-device-unknown",
      incomplete: false,
      count: facts.socketsWithoutBindDetails,
      message: `bound device and IPV6_V6ONLY of ${facts.socketsWithoutBindDetails} sockets are unknown: they are shown where they could be reached at most`,
      remedy: "load the kernel's *_diag modules, or run as root",
    });
  }
  if (facts.closedMeanwhile > 0) {
    drafts.push({
      code: "closed-meanwhile",
      incomplete: false,
      count: facts.closedMeanwhile,
      message: `${facts.closedMeanwhile} sockets were closed while the report was made`,
      remedy: null,
    });
  }
  if (facts.unknownFamilies.length > 0) {
    drafts.push({
      code: "families-not-listed",
      incomplete: false,
      count: facts.unknownFamilies.length,
      message: `sockets of ${facts.unknownFamilies.join(", ")} are not part of this report`,
      remedy: null,
    });
  }
  if (facts.otherNetworkNamespaces > 0) {
    drafts.push({
      code: "other-network-namespaces",
      incomplete: false,
      count: facts.otherNetworkNamespaces,
      message: `${facts.otherNetworkNamespaces} other network namespaces are not part of this report`,
      remedy: "nsenter --net=/proc/PID/ns/net capscope exposure",
    });
  }
  for (const reason of facts.socketUnitFailures) {
    drafts.push({
      code: "socket-units-unknown",
      incomplete: false,
      message: `socket units are unknown: ${reason}`,
      remedy: null,
    });
  }
  return drafts;
}
