// SPDX-License-Identifier: Apache-2.0
import { capabilityNames, EMPTY_SET } from "../../capabilities/set.ts";
import {
  defaultSet,
  grantedSet,
  namesAll,
  runsAsRoot,
  wordMeaning,
} from "../../manifest/containers/granted.ts";
import type { ContainerDeclaration, Manifest, Word } from "../../manifest/model.ts";
import { type Flaw, flaw, type Rule } from "../rule.ts";

/** Containers of every kind: Compose, docker run, Quadlets, Kubernetes. */
export const CONTAINER_RULES: readonly Rule[] = [
  {
    id: "container-privileged",
    severity: "warning",
    title: "a privileged container",
    why: "It has all capabilities, all devices, no seccomp filter and no AppArmor profile: root in it is root on the host.",
    fix: "drop ALL, add the capabilities that are needed, and name the devices",
    source: "docker-run(1), --privileged; Kubernetes, Pod Security Standards, Baseline",
    check: (manifest) =>
      eachContainer(manifest, (container) => {
        const { privileged, add, drop } = container;
        if (privileged?.value !== true) return [];
        const ignored =
          add.length + drop.length > 0 ? "; its lists of capabilities are ignored" : "";
        return [flaw(privileged, `${nameOf(container)} has all capabilities${ignored}`)];
      }),
  },
  {
    id: "container-add-and-drop-all",
    severity: "error",
    title: "ALL both added and dropped",
    why: "Docker gives everything then, containerd nothing, and Podman refuses to start the container.",
    fix: "drop ALL and add single capabilities",
    source:
      "moby, daemon/pkg/oci/caps/utils.go; containerd, pkg/oci/spec_opts.go; containers/common, pkg/capabilities",
    check: (manifest) =>
      eachContainer(manifest, (container) => {
        const word = container.add.find(isAll);
        if (word === undefined || !namesAll(container.drop)) return [];
        return [flaw(word, `${nameOf(container)} adds and drops ALL`)];
      }),
  },
  {
    id: "container-add-all",
    severity: "warning",
    title: "all capabilities added",
    why: "SYS_ADMIN, SYS_MODULE, SYS_RAWIO and the rest make root in the container root on the host; dropping a few of them does not change that.",
    fix: "drop ALL and add the capabilities that are needed",
    source: "capabilities(7), CAP_SYS_ADMIN, CAP_SYS_MODULE",
    check: (manifest) =>
      eachContainer(manifest, (container) => {
        const word = container.add.find(isAll);
        if (word === undefined || namesAll(container.drop)) return [];
        const but = container.drop.length === 0 ? "" : ` but ${textOf(container.drop)}`;
        return [flaw(word, `${nameOf(container)} has all capabilities${but}`)];
      }),
  },
  {
    id: "container-drop-and-add",
    severity: "warning",
    title: "the same capability added and dropped",
    why: "Docker lets the addition win, containerd the removal, and Podman refuses to start the container.",
    fix: "name it in one of the lists",
    source:
      "moby, daemon/pkg/oci/caps/utils.go; containerd, pkg/oci/spec_opts.go; containers/common, pkg/capabilities",
    check: (manifest) =>
      eachContainer(manifest, ({ add, drop, platform }) => {
        const dropped = drop
          .filter((word) => !isAll(word))
          .map((word) => wordMeaning(word, platform));
        return add
          .filter((word) => !isAll(word))
          .filter((word) => {
            const meaning = wordMeaning(word, platform);
            return meaning !== null && dropped.includes(meaning);
          })
          .map((word) => flaw(word, `${word.text} is also dropped`));
      }),
  },
  {
    id: "container-add-without-drop",
    severity: "warning",
    title: "capabilities added to the default ones",
    why: "Without a drop of ALL a container keeps the runtime's defaults beside what is added: Docker and containerd give 14, with CHOWN, DAC_OVERRIDE, NET_RAW and SETUID among them.",
    fix: "drop ALL as well, and add those of the defaults that are needed",
    source: "moby, daemon/pkg/oci/caps/defaults.go; containers.conf(5), default_capabilities",
    check: (manifest) => eachContainer(manifest, addWithoutDrop),
  },
  {
    id: "container-unknown-capability",
    severity: "error",
    title: "a word in a container's list that is no capability",
    why: "Docker and Podman refuse to start the container; Kubernetes accepts the object, and its runtime fails or skips the word.",
    fix: "write one name of capabilities(7) in each item",
    source: "moby, daemon/pkg/oci/caps/utils.go, NormalizeLegacyCapabilities(); capabilities(7)",
    check: (manifest) => eachContainer(manifest, unknownWords),
  },
  {
    id: "container-add-for-user",
    severity: "warning",
    title: "capabilities added for a user other than root",
    why: "Docker and Kubernetes set no ambient capabilities: what is added is in the bounding set, and a program that is not started as root has none of it. File capabilities bring it back, unless no-new-privileges makes them void. Ports below 1024 need no capability in Docker since 20.10.",
    fix: "put them on the program's file (setcap) and leave privilege escalation allowed, or run as root with ALL dropped; Podman gives them to users too",
    source:
      "moby/moby issue 8460; kubernetes/kubernetes issue 56374; kubernetes/enhancements issue 2763; moby/moby pull request 41030",
    check: (manifest) => eachContainer(manifest, addForUser),
  },
];

export type ContainerCheck = (container: ContainerDeclaration) => readonly Flaw[];

export function eachContainer({ containers }: Manifest, check: ContainerCheck): readonly Flaw[] {
  return containers.flatMap(check);
}

export function isAll({ text }: Word): boolean {
  return text.toUpperCase() === "ALL";
}

function textOf(words: readonly Word[]): string {
  return words.map(({ text }) => text).join(", ");
}

/** "container web of Deployment shop"; how a message begins. */
export function nameOf({ role, name, owner, image }: ContainerDeclaration): string {
  const what = { container: "container", init: "init container", ephemeral: "ephemeral container" };
  const kind = role === "service" ? "service" : role === "command" ? "the container" : what[role];
  const own =
    name ?? (role === "command" ? (image === null ? "" : `of ${image}`) : "without a name");
  return `${kind} ${own}`.trim() + (owner === null ? "" : ` of ${owner}`);
}

function addWithoutDrop(container: ContainerDeclaration): readonly Flaw[] {
  const { add, drop, privileged, platform } = container;
  const first = add.find((word) => wordMeaning(word, platform) !== null);
  if (first === undefined || namesAll(add) || namesAll(drop) || privileged?.value === true)
    return [];
  const kept = grantedSet(container) & defaultSet(platform);
  if (kept === EMPTY_SET || runsAsRoot(container) === false) return [];
  const count = capabilityNames(kept).length;
  return [
    flaw(first, `${nameOf(container)} keeps ${count} default capabilities beside ${textOf(add)}`),
  ];
}

function unknownWords({ add, drop, platform }: ContainerDeclaration): readonly Flaw[] {
  return (
    [...add, ...drop]
      .filter((word) => wordMeaning(word, platform) === null && !word.text.includes("$"))
      // With its prefix it is a mistake of another rule.
      .filter((word) => platform !== "kubernetes" || !/^CAP_/i.test(word.text) || !isPrefixed(word))
      .map((word) => {
        const parts = word.text.split(/[\s,]+/);
        const isList =
          parts.length > 1 &&
          parts.every((text) => wordMeaning({ ...word, text }, platform) !== null);
        return flaw(
          word,
          isList
            ? `${word.text} is taken for one name: each capability needs an item of its own`
            : `${word.text} is no capability`,
        );
      })
  );
}

/** "CAP_NET_ADMIN" in a list whose names have no prefix. */
export function isPrefixed(word: Word): boolean {
  return wordMeaning(word, "docker") !== null;
}

function addForUser(container: ContainerDeclaration): readonly Flaw[] {
  const { add, platform, user, privileged } = container;
  const [first] = add;
  const hasAmbient = platform === "podman" || platform === "quadlet";
  if (first === undefined || hasAmbient || privileged?.value === true) return [];
  if (runsAsRoot(container) !== false) return [];
  const who =
    user === null ? "has to run as a user other than root, who" : `runs as ${user.value}, who`;
  const isFinal =
    container.noNewPrivileges?.value === true ||
    container.allowPrivilegeEscalation?.value === false;
  const end = isFinal ? "; no file can give it back" : "";
  return [
    flaw(first, `${nameOf(container)} ${who} gets nothing of what is added: ${textOf(add)}${end}`),
  ];
}
