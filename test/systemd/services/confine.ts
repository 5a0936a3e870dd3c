// SPDX-License-Identifier: Apache-2.0
import { parseMask, setOf } from "../../../src/capabilities/set.ts";
import type { Profile } from "../../../src/trace/model.ts";
import { readProfile } from "../../privileged/harness/traced.ts";
import type { Machine } from "./machine.ts";
import type { Service } from "./services.ts";

/** Where the drop-in of a unit is. */
export const dropInOf = (unit: string): string =>
  `/etc/systemd/system/${unit}.service.d/50-capabilities.conf`;

export const profileOf = (unit: string): string => `/run/${unit}.profile.json`;

/** The service, working as its package has it. */
export function startService(machine: Machine, { unit, prepare, check }: Service): void {
  prepare(machine);
  machine.shell(`systemctl restart ${unit} && systemctl is-active --quiet ${unit}`);
  machine.shell(untilSucceeds(check));
}

/** Traces a restart, and the service in use after it. */
export async function traceService(machine: Machine, { unit, check }: Service): Promise<Profile> {
  const file = profileOf(unit);
  const words = ["--unit", unit, "--restart", "--duration", String(machine.traceSeconds)];
  const trace = machine.startCapscope("trace", "--json", "-o", file, ...words);
  let used = 0;
  for (;;) {
    if ((await Promise.race([trace, Bun.sleep(200)])) !== undefined) break;
    try {
      machine.shell(check);
      used++;
    } catch {
      // While it restarts.
    }
  }
  const { status, stderr } = await trace;
  if (status !== 0) throw new Error(`trace: status ${status}: ${stderr}`);
  if (used === 0) throw new Error(`${unit} was not used during the trace`);
  return readProfile(machine.shell(`cat ${file}`)).profile;
}

/** Writes the drop-in as the guide says, and restarts the service under it. */
export function hardenService(machine: Machine, { unit, check }: Service): string {
  const dropIn = dropInOf(unit);
  machine.shell(`mkdir -p ${dropIn.slice(0, dropIn.lastIndexOf("/"))}`);
  const words = ["systemd", "--profile", profileOf(unit), "-o", dropIn];
  const { status, stderr } = machine.capscope("harden", ...words);
  if (status !== 0) throw new Error(`harden: status ${status}: ${stderr}`);
  machine.shell(`systemctl daemon-reload && systemctl restart ${unit}`);
  machine.shell(untilSucceeds(check));
  return machine.shell(`cat ${dropIn}`);
}

/** The mask that the drop-in's bounding set stands for, read by its words alone. */
export function boundingMask(dropIn: string): bigint {
  const values = [...dropIn.matchAll(/^CapabilityBoundingSet=(.*)$/gm)].map(([, value]) => value);
  if (values[0] !== "") throw new Error("the bounding set is not emptied first");
  const names = values.slice(1).flatMap((value) => (value ?? "").split(" "));
  return setOf(...names.map((name) => name.replace(/^CAP_/, "").toLowerCase()));
}

/** What /proc/PID/status says of one process. */
export interface Masks {
  readonly name: string;
  readonly bounding: bigint;
  readonly permitted: bigint;
  readonly effective: bigint;
  readonly inheritable: bigint;
  readonly ambient: bigint;
}

/** Of each process of the unit, as its control group has them: read without our program. */
export function masksOf(machine: Machine, unit: string): readonly Masks[] {
  const script = `group=$(systemctl show -P ControlGroup ${unit})
for pid in $(find /sys/fs/cgroup/*$group /sys/fs/cgroup$group -name cgroup.procs -exec cat {} + 2>/dev/null | sort -un); do
  grep -E '^(Name|Cap)' /proc/$pid/status && echo end || true
done`;
  const blocks = machine.shell(script).split("end\n").slice(0, -1);
  return blocks.map((block) => {
    const field = (key: string): string =>
      new RegExp(`^${key}:\\s+(.*)$`, "m").exec(block)?.[1] ?? "";
    return {
      name: field("Name"),
      bounding: parseMask(field("CapBnd")),
      permitted: parseMask(field("CapPrm")),
      effective: parseMask(field("CapEff")),
      inheritable: parseMask(field("CapInh")),
      ambient: parseMask(field("CapAmb")),
    };
  });
}

/** A service is up before it answers. */
function untilSucceeds(line: string): string {
  return `for each in $(seq 100); do if ${line}; then exit 0; fi; sleep 0.2; done; exit 1`;
}
