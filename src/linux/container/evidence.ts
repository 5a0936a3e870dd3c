// SPDX-License-Identifier: Apache-2.0
import { parseCgroupIdentity, parseCgroupPath } from "../cgroup/path.ts";
import { readMountInfo } from "../procfs/mount-info.ts";
import { readText, textOrNull } from "../procfs/read-text.ts";
import { exists } from "../self/access.ts";

/** What tells that this process is in a container, and in which. */
export interface ContainerEvidence {
  readonly runtime: string | null;
  readonly id: string | null;
  readonly evidence: readonly string[];
}

/** Files that container engines put into the root directory. */
const MARKERS = [
  ["/.dockerenv", "docker"],
  ["/run/.containerenv", "podman"],
  ["/run/systemd/container", null],
  ["/run/secrets/kubernetes.io", "kubernetes"],
  ["/dev/lxd", "lxd"],
] as const;

/**
 * Looks at the control group, at files that engines leave and at what the root directory is;
 * `environment` is that of this process.
 */
export function readContainerEvidence(
  environment: Readonly<Record<string, string | undefined>>,
): ContainerEvidence {
  const cgroup = textOrNull(readText("/proc/self/cgroup")) ?? "";
  const { container } = parseCgroupIdentity(parseCgroupPath(cgroup));
  const markers = MARKERS.filter(([path]) => exists(path));
  const manager = textOrNull(readText("/run/systemd/container"))?.trim() ?? null;
  const variable = environment["container"] ?? null;
  const evidence = [
    ...(container === null ? [] : [`control group of ${container.id}`]),
    ...markers.map(([path]) => path),
    ...(variable === null || variable === "" ? [] : [`container=${variable}`]),
    ...(environment["KUBERNETES_SERVICE_HOST"] === undefined ? [] : ["KUBERNETES_SERVICE_HOST"]),
    ...(isRootOverlay() ? ["the root directory is an overlay"] : []),
  ];
  const named = markers.map(([, runtime]) => runtime).find((runtime) => runtime !== null);
  return {
    runtime: container?.runtime ?? named ?? (manager || variable || null),
    id: container?.id ?? null,
    evidence,
  };
}

/** Live systems have one too: it is a hint among others. */
function isRootOverlay(): boolean {
  return readMountInfo()?.findLast(({ target }) => target === "/")?.type === "overlay";
}
