// SPDX-License-Identifier: Apache-2.0
import { readAuditCommand, readAuditRules } from "./audit-rules.ts";
import { isCompose, readServices } from "./containers/compose.ts";
import { readQuadlet } from "./containers/quadlet.ts";
import { readRunCommand } from "./containers/run-command.ts";
import { detectKind } from "./detect.ts";
import { readDockerfile } from "./dockerfile.ts";
import { readGuide } from "./guide/read-guide.ts";
import { objectsOf, readContainers } from "./kubernetes/objects.ts";
import { readPolicy } from "./kubernetes/kyverno.ts";
import type { Manifest, ManifestKind, ShellCommand } from "./model.ts";
import { type Region, wholeFile } from "./region.ts";
import { programOf, readCommands } from "./shell/commands.ts";
import { isDropIn, managerOf, readUnit } from "./systemd/read-unit.ts";
import { readYaml } from "./yaml/cursor.ts";

/**
 * Reads everything that a file declares about capabilities. `name` is its path, which tells
 * drop-ins and user units. Never throws for what is written in it: that is a fault.
 */
export function readManifest(text: string, kind: ManifestKind, name: string): Manifest {
  const parts = readPart({ region: wholeFile(text), kind, name, isWhole: true }, 0);
  return { ...EMPTY, ...parts, kind };
}

type Parts = Omit<Manifest, "kind">;

const EMPTY: Parts = {
  units: [],
  containers: [],
  policies: [],
  images: [],
  auditRules: [],
  commands: [],
  prose: [],
  faults: [],
};

interface Part {
  readonly region: Region;
  readonly kind: ManifestKind;
  readonly name: string;
  /** False for a piece that a guide shows. */
  readonly isWhole: boolean;
}

/** A guide with a script that writes a guide ... */
const DEPTH_LIMIT = 4;

function readPart(part: Part, depth: number): Partial<Parts> {
  if (depth > DEPTH_LIMIT) return {};
  switch (part.kind) {
    case "systemd":
      return { units: [readUnitPart(part)] };
    case "quadlet": {
      const unit = readUnitPart(part);
      const container = readQuadlet(unit);
      return { units: [unit], containers: container === null ? [] : [container] };
    }
    case "compose":
    case "kubernetes":
      return readYamlPart(part);
    case "dockerfile": {
      const image = readDockerfile(part.region);
      const commands = image.stages.flatMap((stage) =>
        stage.instructions.flatMap((instruction) => instruction.commands),
      );
      return { ...fromCommands(commands, part, depth), images: [image] };
    }
    case "auditd":
      return { auditRules: readAuditRules(part.region) };
    case "shell":
      return fromCommands(readCommands(part.region), part, depth);
    case "guide": {
      const { prose, blocks, faults } = readGuide(
        part.region,
        /\.(?:md|markdown|mdx)$/i.test(part.name),
      );
      const parts = blocks.map((block) =>
        readPart({ ...block, name: part.name, isWhole: false }, depth + 1),
      );
      return { ...join(parts), prose, faults: [...faults, ...join(parts).faults] };
    }
  }
}

function readUnitPart({ region, name, isWhole }: Part): ReturnType<typeof readUnit> {
  return readUnit(region, { manager: managerOf(name), isWhole: isWhole && !isDropIn(name) });
}

function readYamlPart({ region, isWhole }: Part): Partial<Parts> {
  const { roots, faults } = readYaml(region);
  const objects = roots.flatMap(objectsOf);
  return {
    containers: [
      ...objects.flatMap(readContainers),
      ...roots
        .filter((root) => objectsOf(root).length === 0 && isCompose(root))
        .flatMap(readServices),
    ],
    policies: objects.flatMap((object) => readPolicy(object) ?? []),
    faults: faults.map((fault) => ({ ...fault, isPiece: !isWhole })),
  };
}

/** Commands, and what they declare: rules, containers, and files that they write. */
function fromCommands(
  commands: readonly ShellCommand[],
  part: Part,
  depth: number,
): Partial<Parts> {
  const written = commands.flatMap((command) => writtenBy(command, part.region));
  const inner = join(written.map((each) => readPart({ ...each, isWhole: true }, depth + 1)));
  return {
    ...inner,
    commands: [...commands, ...inner.commands],
    containers: [...commands.flatMap((each) => readRunCommand(each) ?? []), ...inner.containers],
    auditRules: [...commands.flatMap((each) => readAuditCommand(each) ?? []), ...inner.auditRules],
  };
}

/** `cat >FILE <<EOF` and `tee FILE <<EOF` write a file whose text is here. */
function writtenBy(command: ShellCommand, within: Region): readonly Omit<Part, "isWhole">[] {
  const { input, output } = command;
  const program = programOf(command);
  const target = command.words.slice(1).find(({ text }) => !text.startsWith("-"));
  const name = program === "tee" ? target?.text : output?.text;
  if (input === null || name === undefined || within.text === input.text) return [];
  const kind = detectKind(name, input.text);
  const { text, start } = input;
  return kind === null ? [] : [{ region: { text, place: (at) => start + at }, kind, name }];
}

function join(parts: readonly Partial<Parts>[]): Parts {
  return {
    units: parts.flatMap((part) => part.units ?? []),
    containers: parts.flatMap((part) => part.containers ?? []),
    policies: parts.flatMap((part) => part.policies ?? []),
    images: parts.flatMap((part) => part.images ?? []),
    auditRules: parts.flatMap((part) => part.auditRules ?? []),
    commands: parts.flatMap((part) => part.commands ?? []),
    prose: parts.flatMap((part) => part.prose ?? []),
    faults: parts.flatMap((part) => part.faults ?? []),
  };
}
