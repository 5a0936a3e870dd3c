// SPDX-License-Identifier: Apache-2.0
import type { Profile } from "../trace/model.ts";
import type { Grant } from "./grant.ts";
import type { Recommendation } from "./model.ts";
import { containerName, evidenceSentence } from "./wording.ts";

/** Options for docker-run(1). */
export function recommendDocker(_profile: Profile, grant: Grant): Recommendation {
  return {
    target: "docker",
    title: "Docker",
    text: runCommand("docker", grant),
    notes: grant.all.length === 0 ? unprivilegedNotes(grant) : dockerNotes(grant),
  };
}

/** Options for podman-run(1). */
export function recommendPodman(_profile: Profile, grant: Grant): Recommendation {
  return {
    target: "podman",
    title: "Podman",
    text: runCommand("podman", grant),
    notes: grant.all.length === 0 ? unprivilegedNotes(grant) : podmanNotes(),
  };
}

function runCommand(runtime: "docker" | "podman", grant: Grant): string {
  const options = [
    ...(grant.all.length === 0 ? ["--user=UID:GID"] : []),
    "--cap-drop=ALL",
    ...grant.all.map((name) => `--cap-add=${containerName(name)}`),
    ...(grant.gainsAtExec ? [] : ["--security-opt=no-new-privileges"]),
  ];
  return [
    `# ${evidenceSentence(grant)}`,
    [`${runtime} run`, ...options.map((option) => `    ${option}`), "    IMAGE"].join(" \\\n"),
  ].join("\n");
}

function unprivilegedNotes({ ranAsRoot }: Grant): readonly string[] {
  return ranAsRoot
    ? ["It ran as root: as another user it also needs access to the files that root owns."]
    : [];
}

/** moby/moby 8460 and 45491: the ambient set stays empty, so execve() leaves nothing. */
function dockerNotes({ gainsAtExec }: Grant): readonly string[] {
  return [
    "It grants only what runs as root in the container. Docker sets no ambient capabilities: with " +
      "--user, or USER in the image, other than root, --cap-add widens the bounding set and the " +
      "program has no capability at all. Then put them on the file while the image is built " +
      "(setcap), keep --cap-add, and leave no-new-privileges out: it makes file capabilities void.",
    ...(gainsAtExec ? [gainNote()] : []),
  ];
}

/** containers/podman, pkg/specgen/generate/security_linux.go; ambient since pull request 8217. */
function podmanNotes(): readonly string[] {
  return [
    "Other than Docker, Podman (since 3.0) also gives what --cap-add names to a user other than " +
      "root, as ambient capabilities; Podman's default capabilities go to root alone.",
    "Run by a user other than root, all of them hold in the container's user namespace only: what " +
      "needs a capability of the host (clock, kernel modules, devices) stays refused.",
  ];
}

function gainNote(): string {
  return (
    "Programs gained capabilities when they were executed (setuid, file capabilities, or root), " +
    "so no-new-privileges is left out."
  );
}
