// SPDX-License-Identifier: Apache-2.0
import { readdirSync } from "node:fs";
import { constants } from "node:os";
import { readLink, readText, textOrNull } from "./procfs/read-text.ts";

/** What a command is to get from this process, and does not get from the runtime by itself. */
export interface Inheritance {
  /** Above standard error, ascending. */
  readonly descriptors: readonly number[];
  /** Numbers of the signals that are ignored, ascending, as after nohup(1). */
  readonly ignoredSignals: readonly number[];
  /** Variables have names that not every shell hands on, such as "a.b". */
  readonly hasUnusualVariables: boolean;
  /** Variables that are not UTF-8, which the runtime changes; bytes as `decodeText` has them. */
  readonly exactVariables: Readonly<Record<string, string>>;
}

/**
 * Has to be read before this process opens files or handles signals. Node.js stops ignoring signals
 * when it starts; Bun leaves them as they were. A pipe of which both ends are here counts as the
 * runtime's own.
 */
export function readInheritance(
  environment: Readonly<Record<string, string | undefined>>,
): Inheritance {
  const status = textOrNull(readText("/proc/self/status")) ?? "";
  return {
    descriptors: inheritedDescriptors(readDescriptors()),
    ignoredSignals: ignoredSignals(status),
    hasUnusualVariables: Object.keys(environment).some((name) => !isVariableName(name)),
    exactVariables: exactVariables(environment),
  };
}

/** What the runtime puts in place of bytes that are not UTF-8. */
const REPLACEMENT = "\ufffd";

/**
 * The words that this process was started with last, with those bytes that are not UTF-8 as
 * `decodeText` has them, where the runtime replaced them.
 */
export function exactArguments(words: readonly string[]): readonly string[] {
  if (!words.some((word) => word.includes(REPLACEMENT))) return words;
  const text = textOrNull(readText("/proc/self/cmdline")) ?? "";
  const exact = text.split("\0").slice(0, -1).slice(-words.length);
  const isSame = (word: string, at: number): boolean =>
    word.includes(REPLACEMENT) || word === exact[at];
  return exact.length === words.length && words.every(isSame) ? exact : words;
}

function exactVariables(
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const replaced = Object.entries(environment).filter(
    ([name, value]) => isVariableName(name) && value?.includes(REPLACEMENT) === true,
  );
  if (replaced.length === 0) return {};
  const lines = (textOrNull(readText("/proc/self/environ")) ?? "").split("\0");
  return Object.fromEntries(
    replaced.flatMap(([name]) => {
      const line = lines.find((each) => each.startsWith(`${name}=`));
      return line === undefined ? [] : [[name, line.slice(name.length + 1)]];
    }),
  );
}

/** Whether shells take it for the name of a variable. */
export function isVariableName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}

/** What the runtime opens for itself when it starts, in a process that was not given any. */
const RUNTIME_FILES = ["anon_inode:[eventpoll]", "anon_inode:[eventfd]"];

/** A descriptor of this process. */
export interface OpenDescriptor {
  readonly fd: number;
  /** As /proc/PID/fd names it. */
  readonly target: string;
  readonly access: "read" | "write" | "both";
}

/** Those of all descriptors that were handed down to this process. */
export function inheritedDescriptors(descriptors: readonly OpenDescriptor[]): readonly number[] {
  const own = descriptors.filter(({ fd }) => fd > 2);
  const endsOf = ({ target }: OpenDescriptor): number =>
    new Set(own.filter((each) => each.target === target).map(({ access }) => access)).size;
  return own
    .filter(({ target }) => !RUNTIME_FILES.includes(target))
    .filter((each) => !each.target.startsWith("pipe:") || endsOf(each) === 1)
    .map(({ fd }) => fd)
    .toSorted((one, other) => one - other);
}

const O_ACCMODE = 3;
const ACCESS = ["read", "write", "both", "both"] as const;

/** One that is gone when it is looked at was the one to list the directory. */
function readDescriptors(): readonly OpenDescriptor[] {
  return readdirSync("/proc/self/fd").flatMap((name) => {
    const target = textOrNull(readLink(`/proc/self/fd/${name}`));
    const info = textOrNull(readText(`/proc/self/fdinfo/${name}`));
    const flags = Number.parseInt(/^flags:\s*([0-7]+)$/m.exec(info ?? "")?.[1] ?? "2", 8);
    const access = ACCESS[flags & O_ACCMODE] ?? "both";
    return target === null ? [] : [{ fd: Number(name), target, access }];
  });
}

/** The runtime ignores them itself: nothing tells how they were before. */
const IGNORED_BY_RUNTIME: readonly number[] = [
  constants.signals.SIGPIPE,
  constants.signals.SIGXFSZ,
];

/** The signals that a process ignores by its /proc/PID/status, without the runtime's own. */
export function ignoredSignals(status: string): readonly number[] {
  const mask = BigInt(`0x${/^SigIgn:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  return Array.from({ length: 64 }, (_, at) => at + 1).filter(
    (signal) => ((mask >> BigInt(signal - 1)) & 1n) === 1n && !IGNORED_BY_RUNTIME.includes(signal),
  );
}
