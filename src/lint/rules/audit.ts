// SPDX-License-Identifier: Apache-2.0
import type { AuditField, AuditRule, Manifest } from "../../manifest/model.ts";
import {
  type Flaw,
  flaw,
  replacement,
  type Rule,
  type RuleContext,
  type TextEdit,
} from "../rule.ts";

/** Audit rules that miss what they are for. */
export const AUDIT_RULES: readonly Rule[] = [
  {
    id: "audit-one-abi",
    severity: "warning",
    title: "an audit rule for one ABI alone",
    why: "A 64-bit kernel takes the system calls of 32-bit programs too, under other numbers. A rule for arch=b64 does not see a program that calls with the 32-bit ABI, and every program can.",
    fix: "add the same rule with arch=b32",
    source: "audit.rules(7); auditctl(8), arch",
    check: ({ auditRules }, context) => {
      const others = syscallsFor32Bit(auditRules);
      return auditRules.flatMap((rule) => oneAbi(rule, others, context));
    },
  },
  {
    id: "audit-no-arch",
    severity: "warning",
    title: "system calls in an audit rule without arch",
    why: "auditctl takes the numbers of its own ABI for all: for another ABI the same number is another system call.",
    fix: "add -F arch=b64 before -S, and the same rule with arch=b32",
    source: "auditctl(8), -S and arch",
    check: ({ auditRules }) =>
      auditRules
        .filter(({ syscalls, fields }) => syscalls.length > 0 && archOf(fields) === null)
        .filter(({ syscalls }) => syscalls.some(({ text }) => text !== "all"))
        .map((rule) =>
          flaw(rule, "the numbers of system calls depend on arch, which is not given"),
        ),
  },
  {
    id: "audit-prctl-constant",
    severity: "error",
    title: "an audit rule on prctl with the wrong constant",
    why: "The first argument of prctl says what it does. The number does not belong to what the rule's key or comment names, so that the rule records something else.",
    fix: "use PR_SET_SECUREBITS 28 (0x1c), PR_CAPBSET_DROP 24 (0x18), PR_CAP_AMBIENT 47 (0x2f), PR_SET_NO_NEW_PRIVS 38 (0x26), PR_SET_KEEPCAPS 8",
    source: "kernel, include/uapi/linux/prctl.h",
    check: ({ auditRules }, context) => auditRules.flatMap((rule) => wrongConstant(rule, context)),
  },
  {
    id: "audit-not-a-syscall",
    severity: "error",
    title: "an audit rule on something that is no system call",
    why: "auditctl refuses the rule, and augenrules stops loading there: the rules after it are not loaded.",
    fix: "name the system call: capset, prctl, setxattr, lsetxattr, fsetxattr",
    source: "auditctl(8), -S; ausyscall(8)",
    check: ({ auditRules }) =>
      auditRules.flatMap(({ syscalls }) =>
        syscalls.flatMap((word) => {
          const meant = NO_SYSCALLS[word.text];
          return meant === undefined
            ? []
            : [flaw(word, `${word.text} is no system call`, { fix: `use ${meant}` })];
        }),
      ),
  },
  {
    id: "audit-watch-proc",
    severity: "warning",
    title: "an audit watch on a file of /proc or /sys",
    why: "The kernel makes these files up and drops their inodes at will, and a watch is on an inode. Many, such as cap_last_cap, cannot be written at all, so that a watch for writing never says anything.",
    fix: "watch the files that set it (/etc/sysctl.d), or record the system call",
    source: "auditctl(8), -w; proc(5)",
    check: ({ auditRules }) =>
      auditRules.flatMap(({ watch }) =>
        watch !== null && /^\/(?:proc|sys)(?:\/|$)/.test(watch.text)
          ? [flaw(watch, `a watch on ${watch.text} does not record changes of what it stands for`)]
          : [],
      ),
  },
  {
    id: "audit-no-key",
    severity: "note",
    title: "an audit rule without a key",
    why: "ausearch -k finds the records of a rule by its key; without one they have to be told from all others by their fields.",
    fix: "add -k and a name",
    source: "auditctl(8), -k",
    check: ({ auditRules }) =>
      auditRules
        .filter(({ key, filter }) => key === null && !/never|exclude/.test(filter?.text ?? ""))
        .map((rule) => flaw(rule, "the rule has no key (-k) to find its records by")),
  },
];

function archOf(fields: readonly AuditField[]): string | null {
  const field = fields.find(({ name, operator }) => name === "arch" && operator === "=");
  return field?.value ?? null;
}

/** "b64" also for the names of machines. */
function abiOf({ fields }: AuditRule): "b64" | "b32" | null {
  const arch = archOf(fields);
  if (arch === null) return null;
  return /^(?:b64|x86_64|aarch64|ppc64|s390x)/.test(arch) ? "b64" : "b32";
}

function syscallsFor32Bit(all: Manifest["auditRules"]): ReadonlySet<string> {
  const rules = all.filter((each) => abiOf(each) === "b32");
  return new Set(rules.flatMap(({ syscalls }) => syscalls.map((word) => word.text)));
}

function oneAbi(
  rule: AuditRule,
  others: ReadonlySet<string>,
  { text }: RuleContext,
): readonly Flaw[] {
  if (abiOf(rule) !== "b64" || rule.syscalls.length === 0) return [];
  if (rule.filter?.text.includes("never") === true) return [];
  const missed = rule.syscalls.filter(({ text: name }) => !others.has(name) && !others.has("all"));
  const [first] = missed;
  if (first === undefined) return [];
  const names = missed.map(({ text: name }) => name).join(", ");
  const field = rule.fields.find(({ name }) => name === "arch");
  const message = `${names} with the 32-bit ABI is not recorded`;
  return [flaw(field ?? rule, message, { edits: copyFor32Bit(rule, field, text) })];
}

/** A line with the rule alone gets another below it. */
function copyFor32Bit(
  rule: AuditRule,
  field: AuditField | undefined,
  text: string,
): readonly TextEdit[] {
  const begin = text.lastIndexOf("\n", rule.start - 1) + 1;
  const before = text.slice(begin, rule.start);
  const rest = /^[^\n]*/.exec(text.slice(rule.end))?.[0] ?? "";
  const isAlone = /^\s*(?:(?:sudo\s+)?auditctl\s+)?$/.test(before) && rest.trim() === "";
  if (!isAlone || field?.value !== "b64" || text.slice(rule.start, rule.end).includes("\n"))
    return [];
  const copy = `${text.slice(rule.start, field.start)}arch=b32${text.slice(field.end, rule.end)}`;
  return [{ start: rule.end, end: rule.end, text: `\n${before}${copy}` }];
}

/** What names in keys and comments stand for. */
const CONSTANTS: readonly (readonly [RegExp, number, string])[] = [
  [/sec(?:ure)?_?-?bits?/i, 28, "PR_SET_SECUREBITS"],
  [/keep_?-?caps/i, 8, "PR_SET_KEEPCAPS"],
  [/ambient|cap_?amb/i, 47, "PR_CAP_AMBIENT"],
  [/no_?-?new_?-?priv|nnp\b/i, 38, "PR_SET_NO_NEW_PRIVS"],
  [/cap_?bset|cap_?bnd|bounding|capbset_?drop/i, 24, "PR_CAPBSET_DROP"],
];

const OPTIONS: Readonly<Record<number, string>> = {
  4: "PR_SET_DUMPABLE",
  8: "PR_SET_KEEPCAPS",
  15: "PR_SET_NAME",
  21: "PR_GET_SECCOMP",
  22: "PR_SET_SECCOMP",
  23: "PR_CAPBSET_READ",
  24: "PR_CAPBSET_DROP",
  27: "PR_GET_SECUREBITS",
  28: "PR_SET_SECUREBITS",
  38: "PR_SET_NO_NEW_PRIVS",
  47: "PR_CAP_AMBIENT",
};

function wrongConstant(rule: AuditRule, { text }: RuleContext): readonly Flaw[] {
  const field = rule.fields.find(({ name, operator }) => name === "a0" && operator === "=");
  const isOfPrctl = rule.syscalls.length === 1 && rule.syscalls[0]?.text === "prctl";
  if (field === undefined || !isOfPrctl || !/^(?:0x[0-9a-f]+|\d+)$/i.test(field.value)) return [];
  const named = CONSTANTS.find(([pattern]) =>
    pattern.test(`${rule.key?.text ?? ""} ${commentAbove(rule, text)}`),
  );
  const value = Number(field.value);
  if (named === undefined || named[1] === value) return [];
  const [, expected, name] = named;
  const right = /^0x/i.test(field.value) ? `0x${expected.toString(16)}` : String(expected);
  const start = field.end - field.value.length;
  const is = OPTIONS[value] ?? "another option";
  return [
    {
      ...replacement(
        { start, end: field.end },
        `a0=${field.value} is ${is}; ${name} is ${right}`,
        right,
      ),
      start: field.start,
    },
  ];
}

function commentAbove(rule: AuditRule, text: string): string {
  const begin = text.lastIndexOf("\n", rule.start - 1);
  const before = text.slice(text.lastIndexOf("\n", begin - 1) + 1, Math.max(begin, 0));
  return /^\s*#/.test(before) ? before : "";
}

/** Names of libraries, programs and kernel functions. */
const NO_SYSCALLS: Readonly<Record<string, string>> = {
  cap_set_proc: "capset",
  cap_capable: "capset, or trace it: system calls alone are recorded",
  capable: "capset, or trace it: system calls alone are recorded",
  capng_apply: "capset",
  setcap: "setxattr, lsetxattr, fsetxattr and removexattr",
  cap_set_file: "setxattr, lsetxattr and fsetxattr",
  setns_caps: "capset",
};
