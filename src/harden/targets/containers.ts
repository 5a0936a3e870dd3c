// SPDX-License-Identifier: Apache-2.0
import type { Detail, Draft } from "../draft.ts";
import { containerName } from "../wording.ts";
import { runsAsRoot, type Workload } from "../workload.ts";

/** What stands for an image that nobody named. */
export const NO_IMAGE = "IMAGE";

/** Options for docker-run(1). */
export function draftDocker(workload: Workload, detail: Detail): Draft {
  return {
    title: "Docker",
    place: null,
    comment: "#",
    lines: runCommand("docker", workload, detail),
    notes: dockerNotes(workload),
  };
}

/** Options for podman-run(1). */
export function draftPodman(workload: Workload, detail: Detail): Draft {
  return {
    title: "Podman",
    place: null,
    comment: "#",
    lines: runCommand("podman", workload, detail),
    notes: podmanNotes(workload),
  };
}

function runCommand(
  runtime: "docker" | "podman",
  workload: Workload,
  detail: Detail,
): readonly string[] {
  const { grant, label, image } = workload;
  const hasNoNewPrivileges =
    runtime === "docker" ? mayForbidGains(workload) : grant.gainAtExec !== "seen";
  const options = [
    ...(detail === "full" ? [`--name=${label}`] : []),
    ...userOptions(workload),
    "--cap-drop=ALL",
    ...grant.all.map((name) => `--cap-add=${containerName(name)}`),
    ...(hasNoNewPrivileges ? ["--security-opt=no-new-privileges"] : []),
  ];
  const lines = [`${runtime} run`, ...options.map((each) => `    ${each}`)];
  return [...lines.map((line) => `${line} \\`), `    ${image ?? NO_IMAGE}`];
}

function userOptions({ user, grant }: Workload): readonly string[] {
  if (user !== null) return [`--user=${accountText(user)}`];
  return grant.all.length === 0 ? ["--user=UID:GID"] : [];
}

/** "33:33", "www-data". */
export function accountText({ user, group }: NonNullable<Workload["user"]>): string {
  return group === null ? user : `${user}:${group}`;
}

/**
 * Whether no_new_privs takes nothing away where there are no ambient capabilities: a user other than
 * root has its capabilities from files alone then.
 */
export function mayForbidGains(workload: Workload): boolean {
  const { grant } = workload;
  if (grant.gainAtExec === "seen") return false;
  return grant.all.length === 0 || workload.user === null || runsAsRoot(workload);
}

/** moby/moby 8460 and 45491: the ambient set stays empty, so execve() leaves nothing. */
export function dockerNotes(workload: Workload): readonly string[] {
  const { grant } = workload;
  if (grant.all.length === 0) return unprivilegedNotes(workload);
  return [
    ...otherUserNotes(workload),
    "It grants only what runs as root in the container. Docker sets no ambient capabilities: with " +
      "--user, or USER in the image, other than root, --cap-add widens the bounding set and the " +
      "program has no capability at all. Then put them on the file while the image is built " +
      "(setcap), keep --cap-add, and leave no-new-privileges out: it makes file capabilities void.",
    ...portNotes(workload, "Docker since 20.10 lets every user of a container bind it by default."),
    ...gainNotes(workload),
  ];
}

/** containers/podman, pkg/specgen/generate/security_linux.go; ambient since pull request 8217. */
export function podmanNotes(workload: Workload): readonly string[] {
  if (workload.grant.all.length === 0) return unprivilegedNotes(workload);
  return [
    "Other than Docker, Podman (since 3.0) also gives what --cap-add names to a user other than " +
      "root, as ambient capabilities; Podman's default capabilities go to root alone.",
    "Run by a user other than root, all of them hold in the container's user namespace only: what " +
      "needs a capability of the host (clock, kernel modules, devices) stays refused.",
  ];
}

function unprivilegedNotes({ grant: { ranAsRoot } }: Workload): readonly string[] {
  return ranAsRoot
    ? ["It ran as root: as another user it also needs access to the files that root owns."]
    : [];
}

/** What was asked for has no effect by itself: that comes before everything else. */
export function otherUserNotes(workload: Workload): readonly string[] {
  const { user } = workload;
  if (user === null || runsAsRoot(workload)) return [];
  return [
    `As user ${user.user} the program has none of these capabilities, unless its file in the image ` +
      "has them.",
  ];
}

/** A port below 1024 is the one need that a setting of the namespace takes away. */
export function portNotes({ grant, user }: Workload, how: string): readonly string[] {
  if (user === null || !grant.all.includes("net_bind_service")) return [];
  return [
    `CAP_NET_BIND_SERVICE is not needed where net.ipv4.ip_unprivileged_port_start is 0. ${how}`,
  ];
}

function gainNotes({ grant: { gainAtExec } }: Workload): readonly string[] {
  switch (gainAtExec) {
    case "seen":
      return [
        "Programs gained capabilities when they were executed (setuid, file capabilities, or root), " +
          "so no-new-privileges is left out.",
      ];
    case "unknown":
      return [
        "It is not known whether it executes setuid programs or files with capabilities: leave " +
          "no-new-privileges out for one that does.",
      ];
    case "not-seen":
      return [];
  }
}
