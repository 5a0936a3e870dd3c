// SPDX-License-Identifier: Apache-2.0
import { UnsupportedError, UsageError } from "../../errors.ts";
import { findControlGroup, type LocatedControlGroup } from "../cgroup/control-group.ts";
import { isBooted, runSystemctl, startSystemctl } from "./systemctl.ts";

/** A unit of the system manager, as systemctl(1) shows it. */
export interface UnitState {
  /** Its main name; aliases lead to it. */
  readonly unit: string;
  /** "loaded", "not-found", "masked", "bad-setting", "error" ... */
  readonly loadState: string;
  /** "active", "inactive", "failed", "activating" ... */
  readonly activeState: string;
  /** Path in the control group tree; null while it has none. */
  readonly controlGroup: string | null;
  /** The slice that it is or will be in, "system.slice"; null for units without processes. */
  readonly slice: string | null;
  /** Null while there is none. */
  readonly mainPid: number | null;
  /** Null for a unit without a file. */
  readonly fragmentPath: string | null;
}

const PROPERTIES = [
  "Id",
  "LoadState",
  "ActiveState",
  "ControlGroup",
  "Slice",
  "MainPID",
  "FragmentPath",
  "LoadError",
] as const;

/** Kinds of units whose processes are in a control group of their own; man 5 systemd.cgroup. */
const WITH_PROCESSES = /\.(?:service|scope|slice|socket|mount|swap)$/;

/** "nginx" is nginx.service, as for systemctl. Throws UsageError for what names no single unit. */
export function parseUnitArgument(name: string): string {
  if (!/^[A-Za-z0-9:_.\\@-]+$/.test(name) || name.length > 255 || name.startsWith("-")) {
    throw new UsageError(`not the name of a unit: ${name}`);
  }
  const isComplete =
    /\.(?:service|scope|slice|socket|mount|automount|swap|target|device|timer|path)$/.test(name);
  const full = isComplete ? name : `${name}.service`;
  if (!WITH_PROCESSES.test(full)) {
    throw new UsageError(`${full} has no processes`, "name the service that it starts");
  }
  if (/@\.\w+$/.test(full)) {
    throw new UsageError(
      `${full} is a template`,
      `name an instance: ${full.replace("@.", "@NAME.")}`,
    );
  }
  return full;
}

/**
 * Asks the system manager for a unit that it has loaded. Throws UsageError when there is no such
 * unit, UnsupportedError when no manager answers; `hint` is what to do where there is none.
 */
export function readUnit(name: string, hint: string = WITHOUT_SYSTEMD): UnitState {
  const unit = parseUnitArgument(name);
  if (!isBooted()) {
    throw new UnsupportedError("systemd is not pid 1 here", { hint });
  }
  const properties = `--property=${PROPERTIES.join(",")}`;
  const call = ["--system", "show", "--no-pager", "--no-ask-password", properties, "--", unit];
  const result = runSystemctl(call);
  if (result.kind === "unavailable") {
    throw new UnsupportedError(`asking for ${unit}: ${result.reason}`);
  }
  return checkLoaded(unit, parseUnitProperties(result.text));
}

const WITHOUT_SYSTEMD =
  "follow the process with --pid, its control group with --cgroup, or run the unit's file with --service";

/** Parses the output of `systemctl show` for one unit. */
export function parseUnitProperties(text: string): UnitState & { readonly loadError: string } {
  const properties = new Map<string, string>();
  for (const line of text.split("\n")) {
    const equals = line.indexOf("=");
    if (equals > 0) properties.set(line.slice(0, equals), line.slice(equals + 1));
  }
  const textOf = (key: string): string => properties.get(key) ?? "";
  const pid = Number(textOf("MainPID"));
  return {
    unit: textOf("Id"),
    loadState: textOf("LoadState"),
    activeState: textOf("ActiveState"),
    controlGroup: textOf("ControlGroup") || null,
    slice: textOf("Slice") || null,
    mainPid: Number.isInteger(pid) && pid > 0 ? pid : null,
    fragmentPath: textOf("FragmentPath") || null,
    loadError: textOf("LoadError"),
  };
}

function checkLoaded(name: string, state: UnitState & { readonly loadError: string }): UnitState {
  const { loadError, ...unit } = state;
  if (unit.loadState === "loaded") return unit;
  if (unit.loadState === "not-found") {
    throw new UsageError(`no such unit: ${name}`, "systemctl list-units shows those there are");
  }
  if (unit.loadState === "masked") {
    throw new UsageError(`${name} is masked`, `systemctl unmask ${name} makes it usable`);
  }
  const reason = /"([^"]+)"\s*$/.exec(loadError)?.[1] ?? unit.loadState;
  throw new UsageError(`${name} cannot be loaded: ${reason}`, `systemctl status ${name} says more`);
}

/**
 * The control group of a unit that runs. Throws UsageError when it does not: it has none then.
 */
export function unitControlGroup(unit: UnitState): LocatedControlGroup {
  if (unit.controlGroup === null) {
    const hint = `systemctl start ${unit.unit} starts it; --restart shows its start as well`;
    throw new UsageError(`${unit.unit} has no processes: it is ${unit.activeState}`, hint);
  }
  return findControlGroup(unit.controlGroup);
}

/** Where a unit's control group will be when it is started: below the slice's, under that name. */
export interface PlaceOfUnit {
  /** Of the slice; it exists as long as the slice has other units. */
  readonly parent: LocatedControlGroup;
  /** Name of the unit's own directory in it. */
  readonly name: string;
  /** Path of the unit's own group. */
  readonly path: string;
}

/**
 * A restart removes the unit's control group and makes another, with another id: what is known
 * in advance is its parent and its name. A slice that no unit was in so far is started, as the
 * start of the unit would. Throws UnsupportedError when it cannot be.
 */
export function placeOfUnit(unit: UnitState): PlaceOfUnit {
  const slice = unit.slice ?? "system.slice";
  if (unit.controlGroup === null) startSlice(slice);
  const path = unit.controlGroup ?? `${slicePath(slice)}/${escapeName(unit.unit)}`;
  const at = path.lastIndexOf("/");
  return { parent: findControlGroup(path.slice(0, at) || "/"), name: path.slice(at + 1), path };
}

function startSlice(slice: string): void {
  const result = runSystemctl(["--system", "start", "--no-ask-password", "--", slice]);
  if (result.kind === "output") return;
  throw new UnsupportedError(`starting ${slice}: ${result.reason}`);
}

/** "a-b.slice" is in "a.slice"; man 5 systemd.slice. */
export function slicePath(slice: string): string {
  if (slice === "-.slice") return "";
  const parts = slice.slice(0, -".slice".length).split("-");
  return parts.map((_, at) => `/${parts.slice(0, at + 1).join("-")}.slice`).join("");
}

/** As cg_escape() in systemd: names that the kernel could take for a file of its own. */
function escapeName(unit: string): string {
  return /^(?:[_.]|(?:notify_on_release|release_agent|tasks|cgroup\.|(?:cpu|cpuset|io|memory|pids|devices|freezer|hugetlb|misc|rdma)\.(?!service$|scope$|slice$|socket$|mount$|swap$)))/.test(
    unit,
  )
    ? `_${unit}`
    : unit;
}

/**
 * Restarts a unit, or starts it; resolves when it is up, or when `signal` is aborted. Throws with
 * systemctl's words.
 */
export async function restartUnit(name: string, signal?: AbortSignal): Promise<void> {
  const unit = parseUnitArgument(name);
  const call = ["--system", "restart", "--no-ask-password", "--", unit];
  const failure = await startSystemctl(call, signal);
  if (failure === null || signal?.aborted === true) return;
  throw new UnsupportedError(`restarting ${unit}: ${failure}`);
}

/**
 * Whether a unit without processes will start none by itself: it is down, not between two starts
 * of Restart=, or done, as with RemainAfterExit=. False when no manager answers.
 */
export function hasEnded(name: string): boolean {
  const properties = "--property=ActiveState,SubState";
  const result = runSystemctl(["--system", "show", properties, "--", parseUnitArgument(name)]);
  if (result.kind !== "output") return false;
  return /^(?:ActiveState=(?:inactive|failed)|SubState=exited)$/m.test(result.text);
}
