// SPDX-License-Identifier: Apache-2.0

export type ContainerRuntime =
  | "docker"
  | "podman"
  | "containerd"
  | "cri-o"
  | "lxc"
  | "systemd-nspawn";

/** What the place of a process in the cgroup tree says about who manages it. */
export interface CgroupIdentity {
  /** Service or scope; the user manager's own unit for what a user manager runs. */
  readonly unit: string | null;
  /** uid of the user manager that runs `unit`; null for units of the system manager. */
  readonly userUnitOf: number | null;
  /** Innermost slice that holds the unit. */
  readonly slice: string | null;
  readonly container: { readonly runtime: ContainerRuntime | null; readonly id: string } | null;
  readonly podUid: string | null;
}

interface ContainerPattern {
  readonly runtime: ContainerRuntime | null;
  /** Matches one path component; group 1 is the id. */
  readonly component: RegExp;
}

const ID = "([0-9a-f]{64})";

/** Names that runtimes give to cgroups, with the systemd driver first and cgroupfs after. */
const CONTAINER_PATTERNS: readonly ContainerPattern[] = [
  { runtime: "docker", component: new RegExp(`^docker-${ID}\\.scope$`) },
  { runtime: "podman", component: new RegExp(`^libpod-(?:payload-)?${ID}(?:\\.scope)?$`) },
  { runtime: "containerd", component: new RegExp(`^(?:cri-containerd|nerdctl)-${ID}\\.scope$`) },
  { runtime: "containerd", component: new RegExp(`:cri-containerd:${ID}$`) },
  { runtime: "cri-o", component: new RegExp(`^crio-${ID}(?:\\.scope)?$`) },
  { runtime: "lxc", component: /^lxc\.payload\.(.+)$/ },
  { runtime: "systemd-nspawn", component: /^systemd-nspawn@(.+)\.service$/ },
  { runtime: "lxc", component: /^machine-lxc\\x2d(.+)\.scope$/ },
  // libvirt registers its virtual machines alike, as machine-qemu...: those are no containers.
  { runtime: "systemd-nspawn", component: /^machine-(?!qemu|ch|xen)(.+)\.scope$/ },
  { runtime: null, component: new RegExp(`^${ID}$`) },
];

const POD = /(?:^|[-/])pod([0-9a-f]{8}[-_][0-9a-f_-]{27}|[0-9a-f]{32})(?:\.slice)?(?:[/:]|$)/;

/**
 * Picks the line of /proc/PID/cgroup that names the unit: systemd's own hierarchy where cgroup v1
 * has one, else v2, else the deepest of the controllers' paths.
 */
export function parseCgroupPath(text: string): string {
  let systemd = "/";
  let unified = "/";
  let deepest = "/";
  for (const line of text.split("\n")) {
    const [, controllers, ...rest] = line.split(":");
    const path = rest.join(":");
    if (controllers === "name=systemd") systemd = path;
    else if (controllers === "") unified = path;
    else if (path.length > deepest.length) deepest = path;
  }
  return [systemd, unified, deepest].find((path) => path !== "/" && path !== "") ?? "/";
}

/** Reads unit, container and pod out of a cgroup path. */
export function parseCgroupIdentity(path: string): CgroupIdentity {
  const components = path.split("/").filter((component) => component !== "");
  return {
    ...unitOf(components),
    container: containerOf(components),
    podUid: POD.exec(path)?.[1]?.replaceAll("_", "-") ?? null,
  };
}

/** As systemd's cg_path_get_unit and cg_path_get_user_unit: slices, then the unit (man 5 systemd.slice). */
function unitOf(
  components: readonly string[],
): Pick<CgroupIdentity, "unit" | "userUnitOf" | "slice"> {
  const system = firstUnit(components, 0);
  const manager = /^user@(\d+)\.service$/.exec(system.unit ?? "");
  if (manager === null) return { unit: system.unit, userUnitOf: null, slice: system.slice };
  const user = firstUnit(components, system.next);
  if (user.unit === null) return { unit: system.unit, userUnitOf: null, slice: system.slice };
  return { unit: user.unit, userUnitOf: Number(manager[1]), slice: user.slice };
}

function firstUnit(
  components: readonly string[],
  from: number,
): { unit: string | null; slice: string | null; next: number } {
  let slice: string | null = null;
  for (let at = from; at < components.length; at++) {
    const name = unescapeCgroup(components[at] ?? "");
    if (name.endsWith(".slice")) slice = name;
    else if (/\.(?:service|scope|socket|mount|swap)$/.test(name)) {
      return { unit: name, slice, next: at + 1 };
    } else break;
  }
  return { unit: null, slice, next: components.length };
}

/** systemd puts "_" before a name that the kernel could take for a file of its own. */
function unescapeCgroup(component: string): string {
  return component.startsWith("_") ? component.slice(1) : component;
}

/** The innermost component that names a container. */
function containerOf(components: readonly string[]): CgroupIdentity["container"] {
  for (let at = components.length - 1; at >= 0; at--) {
    const component = components[at] ?? "";
    for (const { runtime, component: pattern } of CONTAINER_PATTERNS) {
      const id = pattern.exec(component)?.[1];
      if (id !== undefined) return { runtime: runtime ?? runtimeOfParent(components[at - 1]), id };
    }
    const parent = components[at - 1];
    if (parent === "lxc") return { runtime: "lxc", id: component };
  }
  return null;
}

function runtimeOfParent(parent: string | undefined): ContainerRuntime | null {
  if (parent === "docker") return "docker";
  if (parent === "libpod_parent") return "podman";
  return null;
}
