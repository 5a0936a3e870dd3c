// SPDX-License-Identifier: Apache-2.0
import type { CapabilitySet } from "../capabilities/set.ts";
import { UsageError } from "../errors.ts";
import { readHost } from "../linux/procfs/machine.ts";
import { readUnitFiles } from "../linux/systemd/service/unit-files.ts";
import { detectKind } from "../manifest/detect.ts";
import type { Manifest } from "../manifest/model.ts";
import { readManifest } from "../manifest/read.ts";
import { readYardstick } from "../process/yardstick.ts";
import { type DeclaredHolder, holderOfContainer, holderOfUnit } from "./declared-holders.ts";
import { type GivenSet, limitsFor } from "./expectation.ts";
import type { VerifyGap, VerifyReport } from "./model.ts";
import { reportOf } from "./report-of.ts";

export interface ManifestOptions {
  readonly time: Date;
  /** Its path, or a name for messages. */
  readonly file: string;
  readonly text: string;
  /** The file is one of this machine's: drop-ins of a service unit beside it count as well. */
  readonly isOnDisk: boolean;
  /** Only the container or unit of this name; null for all. */
  readonly name: string | null;
  readonly given: GivenSet;
}

/**
 * Compares what would run by a configuration with what it should have. Throws UsageError for a file
 * that is no configuration, or declares nothing that would run.
 */
export function verifyManifest(options: ManifestOptions): VerifyReport {
  const { time, file, text, given, name } = options;
  const kind = detectKind(file, text);
  if (kind === null) {
    throw new UsageError(`${file}: is no configuration that can be read`, READABLE);
  }
  const manifest = readManifest(text, kind, file);
  const { all } = readYardstick();
  const declared = holdersOf(manifest, options, all);
  const seen = declared.filter(
    (holder) => name === null || holder.name.split(": ").at(-1) === name,
  );
  const gaps: VerifyGap[] = manifest.faults.map(({ message, start }) => {
    return { kind: "manifest", message: `line ${lineOf(text, start)}: ${message}` };
  });
  const [fault] = gaps;
  if (declared.length === 0 && fault !== undefined) {
    throw new UsageError(`${file}, ${fault.message}`);
  }
  if (seen.length === 0) throw nothingDeclared(file, declared, name);
  return reportOf({
    time,
    host: readHost(),
    target: { kind: "manifest", file, format: kind },
    limits: limitsFor(given, null, false, all),
    unit: null,
    seen: seen.map((holder) => ({ ...holder, line: lineOf(text, holder.start) })),
    gaps,
  });
}

const READABLE =
  "units, Quadlets, Compose files, Kubernetes manifests and scripts with docker run are read";

function nothingDeclared(
  file: string,
  declared: readonly DeclaredHolder[],
  name: string | null,
): UsageError {
  if (declared.length === 0 || name === null) {
    return new UsageError(`${file}: declares no service and no container`, READABLE);
  }
  const names = declared.map((holder) => holder.name).join(", ");
  return new UsageError(`${file}: declares no ${name}`, `it declares ${names}`);
}

function holdersOf(
  manifest: Manifest,
  options: ManifestOptions,
  known: CapabilitySet,
): readonly DeclaredHolder[] {
  const containers = manifest.containers.map((each) => holderOfContainer(each, known));
  // A Quadlet is a unit as well, whose processes are Podman's.
  const isOfContainers = manifest.kind === "quadlet" || manifest.units.length === 0;
  return isOfContainers ? containers : [...containers, ...unitHolders(manifest, options, known)];
}

function unitHolders(
  { kind, units }: Manifest,
  { file, isOnDisk }: ManifestOptions,
  known: CapabilitySet,
): readonly DeclaredHolder[] {
  if (kind !== "systemd") return units.map((unit) => holderOfUnit(file, [unit], known));
  const dropIns = isOnDisk && file.endsWith(".service") ? readUnitFiles(file).dropIns : [];
  const others = dropIns.flatMap(({ path, text }) => readManifest(text, "systemd", path).units);
  return [holderOfUnit(file.split("/").at(-1) ?? file, [...units, ...others], known)];
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}
