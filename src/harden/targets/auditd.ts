// SPDX-License-Identifier: Apache-2.0
import type { Draft } from "../draft.ts";
import { isInterpreter } from "../../capabilities/interpreters.ts";
import { isPlainWord } from "../shell-word.ts";
import type { Workload } from "../workload.ts";

/** Constants of prctl(2); include/uapi/linux/prctl.h. */
const PR_SET_KEEPCAPS = 8;
const PR_CAPBSET_DROP = 24;
const PR_SET_SECUREBITS = 28;
const PR_CAP_AMBIENT = 47;
const PR_CAP_AMBIENT_RAISE = 2;

/**
 * Rules for audit.rules(7): changes of its own privileges, changes of the file, and calls that fail
 * because a capability is not granted. Each system call has a rule for either ABI.
 */
export function draftAuditd(workload: Workload): Draft {
  const { label } = workload;
  const programs = watchedPrograms(workload);
  const scopes = programs.length === 0 ? [""] : programs.map((path) => ` -F exe=${path}`);
  return {
    title: "auditd rules",
    place: `/etc/audit/rules.d/50-capscope-${label}.rules`,
    comment: "#",
    lines: [
      "# What changes its own privileges; giving them up at the start is recorded as well.",
      ...scopes.flatMap((scope) => changeRules(scope, label)),
      ...(programs.length === 0 ? [] : ["", "# What replaces the program, or changes its file."]),
      ...programs.map(
        (path) => `-a always,exit -F path=${path} -F perm=wa -F key=cap-${label}-file`,
      ),
      ...denialRules(workload, scopes),
    ],
    notes: [
      ...scopeNotes(workload, programs),
      "augenrules --load puts the rules of /etc/audit/rules.d into the kernel; " +
        `ausearch -k cap-${label}-set shows what they recorded, and so for the other keys.`,
    ],
  };
}

function changeRules(scope: string, label: string): readonly string[] {
  const rules = [
    { what: "-S capset", key: "set" },
    { what: `-S prctl -F a0=${PR_SET_SECUREBITS}`, key: "securebits" },
    { what: `-S prctl -F a0=${PR_SET_KEEPCAPS} -F a1=1`, key: "keepcaps" },
    { what: `-S prctl -F a0=${PR_CAPBSET_DROP}`, key: "bounding" },
    { what: `-S prctl -F a0=${PR_CAP_AMBIENT} -F a1=${PR_CAP_AMBIENT_RAISE}`, key: "ambient" },
  ];
  return rules.flatMap(({ what, key }) => bothAbis(`${what}${scope}`, `cap-${label}-${key}`));
}

/** Only calls that both ABIs and every architecture have under the same name. */
const GUARDED_CALLS: readonly { readonly capability: string; readonly calls: readonly string[] }[] =
  [
    { capability: "dac_read_search", calls: ["open_by_handle_at"] },
    { capability: "sys_module", calls: ["init_module", "finit_module", "delete_module"] },
    { capability: "sys_chroot", calls: ["chroot"] },
    { capability: "sys_ptrace", calls: ["ptrace", "process_vm_readv", "process_vm_writev"] },
    { capability: "sys_pacct", calls: ["acct"] },
    {
      capability: "sys_admin",
      calls: ["mount", "umount2", "pivot_root", "setns", "unshare", "swapon", "sethostname"],
    },
    { capability: "sys_boot", calls: ["reboot"] },
    { capability: "sys_time", calls: ["clock_settime", "settimeofday", "adjtimex"] },
    { capability: "setfcap", calls: ["setxattr", "lsetxattr", "fsetxattr"] },
    { capability: "syslog", calls: ["syslog"] },
    { capability: "perfmon", calls: ["perf_event_open"] },
    { capability: "bpf", calls: ["bpf"] },
  ];

/** What fails without a capability that is not granted: an attempt, or a need that was not seen. */
function denialRules({ grant, label }: Workload, scopes: readonly string[]): readonly string[] {
  const calls = GUARDED_CALLS.filter(({ capability }) => !grant.all.includes(capability)).flatMap(
    (each) => each.calls,
  );
  if (calls.length === 0) return [];
  return [
    "",
    "# Attempts that need more than is granted, and fail.",
    ...scopes.flatMap((scope) =>
      bothAbis(`-S ${calls.join(",")} -F exit=-EPERM${scope}`, `cap-${label}-denied`),
    ),
  ];
}

function bothAbis(rule: string, key: string): readonly string[] {
  return ["b64", "b32"].map((abi) => `-a always,exit -F arch=${abi} ${rule} -F key=${key}`);
}

/** The kernel finds the program's file when the rule is loaded, in its own namespace. */
function watchedPrograms({ programs, neededBy, subject }: Workload): readonly string[] {
  if (subject?.kind === "container") return [];
  const paths = [...programs.map((each) => each.program), ...neededBy];
  return [...new Set(paths)].filter((path) => /^\/.*[^/]$/.test(path) && isPlainWord(path));
}

function scopeNotes(
  { subject, neededBy }: Workload,
  programs: readonly string[],
): readonly string[] {
  const unwritten = neededBy.filter((path) => !programs.includes(path));
  return [
    ...(programs.length === 0
      ? [
          "No program is named, so these rules are about every process of the machine: --program " +
            "PATH makes them about one.",
        ]
      : []),
    ...(subject?.kind === "container"
      ? ["A program in a container is found by no path of the host, so none is named."]
      : unwritten.map((path) => `${path}: no rule is written for a path like this.`)),
    ...programs
      .filter(isInterpreter)
      .map((path) => `${path} runs scripts: its rules are about all of them.`),
  ];
}
