// SPDX-License-Identifier: Apache-2.0

/**
 * What configurations declare about capabilities, as plain readonly data with places. Nothing is
 * judged here, and nothing is looked up.
 */

/** A part of a file: offsets of UTF-16 units in its text, `end` not included. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A word as it is meant, without quotes; the span covers it as it is written. */
export interface Word extends Span {
  readonly text: string;
}

/** A value that was written somewhere. */
export interface Setting<Value> extends Span {
  readonly value: Value;
}

/** Forms of files that can be read. */
export type ManifestKind = (typeof MANIFEST_KINDS)[number];
export const MANIFEST_KINDS = [
  "systemd",
  "quadlet",
  "compose",
  "kubernetes",
  "dockerfile",
  "auditd",
  "shell",
  "guide",
] as const;

/** Everything that a file declares; what stands in parts of a guide or a script is here as well. */
export interface Manifest {
  readonly kind: ManifestKind;
  readonly units: readonly UnitDeclaration[];
  readonly containers: readonly ContainerDeclaration[];
  readonly policies: readonly PolicyDeclaration[];
  readonly images: readonly ImageDeclaration[];
  readonly auditRules: readonly AuditRule[];
  readonly commands: readonly ShellCommand[];
  /** Lines that people read: a guide's text outside of blocks. */
  readonly prose: readonly Word[];
  /** What could not be read. */
  readonly faults: readonly Fault[];
}

export interface Fault extends Span {
  readonly message: string;
  /** True for a piece in a guide: pieces may leave out what does not matter to the reader. */
  readonly isPiece: boolean;
}

/** A unit file, a drop-in, or a piece of one in a guide. */
export interface UnitDeclaration extends Span {
  /** `user`: of the user manager, by where the file is. */
  readonly manager: "system" | "user" | "unknown";
  /** False for a drop-in and for a piece: what they do not say may be said elsewhere. */
  readonly isWhole: boolean;
  readonly assignments: readonly UnitAssignment[];
}

export interface UnitAssignment extends Span {
  readonly section: string;
  readonly key: string;
  readonly value: string;
  readonly keySpan: Span;
  readonly valueSpan: Span;
  /** Words of the value with quotes undone; empty when a quotation does not end. */
  readonly words: readonly Word[];
}

/** A container, whichever way it is declared. */
export interface ContainerDeclaration extends Span {
  readonly platform: "kubernetes" | "compose" | "docker" | "podman" | "quadlet";
  readonly role: "container" | "init" | "ephemeral" | "service" | "command";
  /** Null where it has no name of its own. */
  readonly name: string | null;
  /** "Deployment web"; null for what no object owns. */
  readonly owner: string | null;
  readonly image: string | null;
  /** As the image's own is replaced; null where it is not. */
  readonly command: readonly string[] | null;
  readonly add: readonly Word[];
  readonly drop: readonly Word[];
  readonly privileged: Setting<boolean> | null;
  /** Kubernetes only; null where it is not said. */
  readonly allowPrivilegeEscalation: Setting<boolean> | null;
  /** The runtime's no-new-privileges; never of Kubernetes. */
  readonly noNewPrivileges: Setting<boolean> | null;
  /** "1000", "1000:1000", "www-data"; null where the image decides. */
  readonly user: Setting<string> | null;
  readonly runAsNonRoot: Setting<boolean> | null;
  /** "RuntimeDefault", "unconfined", a path ...; null where it is not said. */
  readonly seccomp: Setting<string> | null;
  readonly hostUsers: Setting<boolean> | null;
  /** Keys of the pod's securityContext that only a container's has: Kubernetes ignores them there. */
  readonly misplaced: readonly Word[];
}

/** A Kyverno policy. */
export interface PolicyDeclaration extends Span {
  readonly name: string;
  readonly rules: readonly PolicyRule[];
}

export interface PolicyRule extends Span {
  readonly name: string;
  /** Kinds that it matches, "Pod", "apps/v1/Deployment". */
  readonly kinds: readonly Word[];
  /** What it demands: patterns, conditions of foreach, CEL expressions. */
  readonly checks: readonly PolicyCheck[];
}

export interface PolicyCheck extends Span {
  readonly form: "pattern" | "foreach" | "cel" | "deny" | "pod-security";
  /** Lists of containers that it looks at. */
  readonly lists: readonly ContainerList[];
  /** True when it looks at capabilities. */
  readonly isAboutCapabilities: boolean;
  /** For a pattern: whether the path goes through spec.template. */
  readonly throughTemplate: boolean;
  /** Capabilities in its values. */
  readonly names: readonly Word[];
}

export type ContainerList = "containers" | "initContainers" | "ephemeralContainers";

/** A Dockerfile. */
export interface ImageDeclaration extends Span {
  readonly stages: readonly ImageStage[];
}

export interface ImageStage extends Span {
  /** "AS build"; null for one without a name. */
  readonly name: string | null;
  readonly base: string;
  readonly instructions: readonly ImageInstruction[];
}

export interface ImageInstruction extends Span {
  /** "RUN", in capitals. */
  readonly name: string;
  /** What stands after the name and its flags. */
  readonly arguments: Word;
  /** "--from" to "build". */
  readonly flags: ReadonlyMap<string, string>;
  /** Of RUN in shell form or as a JSON list; also in the manifest's commands. */
  readonly commands: readonly ShellCommand[];
}

/** A rule of auditctl(8), or a line of its rules' file. */
export interface AuditRule extends Span {
  /** "always,exit"; null for a watch. */
  readonly filter: Word | null;
  readonly watch: Word | null;
  /** Of -p, "wa". */
  readonly permissions: Word | null;
  readonly syscalls: readonly Word[];
  readonly fields: readonly AuditField[];
  readonly key: Word | null;
}

export interface AuditField extends Word {
  readonly name: string;
  readonly operator: string;
  readonly value: string;
}

/** One simple command of a script or a guide. */
export interface ShellCommand extends Span {
  readonly words: readonly Word[];
  /** What comes after it in the same pipeline; null for the last. */
  readonly pipedInto: ShellCommand | null;
  /** Text of a here-document that it reads. */
  readonly input: Word | null;
  /** Where its output goes, `> FILE`. */
  readonly output: Word | null;
  /** What it depends on, from the outside to the inside. */
  readonly branches: readonly ShellBranch[];
}

/** One arm of an if, of a case, or of `||`. */
export interface ShellBranch {
  /** Of the whole if. */
  readonly id: number;
  /** In order; even for a condition, odd for what is run when it holds. */
  readonly arm: number;
}
