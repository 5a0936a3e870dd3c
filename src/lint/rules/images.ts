// SPDX-License-Identifier: Apache-2.0
import type { ImageInstruction, ImageStage, Manifest, ShellCommand } from "../../manifest/model.ts";
import { programOf } from "../../manifest/shell/commands.ts";
import { type Flaw, flaw, type Rule } from "../rule.ts";

/** Dockerfiles whose file capabilities do not get into the image. */
export const IMAGE_RULES: readonly Rule[] = [
  {
    id: "dockerfile-setcap-as-user",
    severity: "error",
    title: "setcap after USER",
    why: "setcap needs CAP_SETFCAP. After USER the commands of RUN are another user's, who has no capability, and the build fails.",
    fix: "run setcap before USER, or go back with USER root for it",
    source: "Dockerfile reference, USER; capabilities(7), CAP_SETFCAP",
    check: (manifest) => stagesOf(manifest).flatMap(setcapAsUser),
  },
  {
    id: "dockerfile-setcap-copied",
    severity: "warning",
    title: "file capabilities that a COPY from another stage has to keep",
    why: "BuildKit keeps them; the classic builder of Docker does not, Buildah before 1.22 does not, and COPY --link of Docker 23.0 lost them. The image then starts a program without its capability.",
    fix: "run setcap in the last stage, after COPY",
    source: "moby/moby issues 38132 and 45128; containers/buildah issue 3294",
    check: (manifest) => manifest.images.flatMap(({ stages }) => copiedFiles(stages)),
  },
];

function stagesOf({ images }: Manifest): readonly ImageStage[] {
  return images.flatMap(({ stages }) => stages);
}

function setcapAsUser({ instructions }: ImageStage): readonly Flaw[] {
  const flaws: Flaw[] = [];
  let user = "";
  for (const instruction of instructions) {
    if (instruction.name === "USER") user = instruction.arguments.text.split(":")[0]?.trim() ?? "";
    const isOther = user !== "" && user !== "root" && user !== "0" && !user.includes("$");
    if (!isOther) continue;
    for (const command of instruction.commands.filter((each) => setsFile(each) !== null)) {
      flaws.push(flaw(command, `setcap runs as ${user}, who may not set capabilities`));
    }
  }
  return flaws;
}

/** The file that gets capabilities; null for any other command. */
function setsFile(command: ShellCommand): string | null {
  if (programOf(command) !== "setcap") return null;
  const texts = command.words.slice(1).map(({ text }) => text);
  return texts.includes("-r") || texts.includes("-v") ? null : (texts.at(-1) ?? null);
}

function copiedFiles(stages: readonly ImageStage[]): readonly Flaw[] {
  return stages.flatMap((stage, at) =>
    stage.instructions
      .filter(({ name }) => name === "COPY")
      .flatMap((copy) => copyFlaw(copy, stages.slice(0, at), stage)),
  );
}

function copyFlaw(
  copy: ImageInstruction,
  before: readonly ImageStage[],
  own: ImageStage,
): readonly Flaw[] {
  const from = copy.flags.get("--from");
  const source = before.find(({ name }, index) => name === from || String(index) === from);
  if (source === undefined) return [];
  const paths = copy.arguments.text.trim().split(/\s+/);
  const target = paths.at(-1) ?? "";
  const files = source.instructions.flatMap(({ commands }) =>
    commands.flatMap((each) => setsFile(each) ?? []),
  );
  const copied = files.find((file) =>
    paths
      .slice(0, -1)
      .some((path) => path === file || file.startsWith(`${path.replace(/\/$/, "")}/`)),
  );
  if (copied === undefined) return [];
  // Set again in this stage, under whichever name it has there.
  const base = copied.slice(copied.lastIndexOf("/") + 1);
  const again = own.instructions.flatMap(({ commands }) =>
    commands.flatMap((each) => setsFile(each) ?? []),
  );
  if (again.some((file) => file === target || file.endsWith(`/${base}`))) return [];
  return [flaw(copy, `the capabilities of ${copied} may not survive this COPY`)];
}
