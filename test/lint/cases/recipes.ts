// SPDX-License-Identifier: Apache-2.0
import type { Case } from "./case.ts";

const BOTH = "-a always,exit -F arch=b32 -S capset -k caps\n";

export const AUDIT_CASES: readonly Case[] = [
  {
    rule: "audit-one-abi",
    kind: "auditd",
    bad: "# why\n-a always,exit -F arch=b64 -S capset -k caps\n",
    at: "arch=b64",
    good: `-a always,exit -F arch=b64 -S capset -k caps\n${BOTH}`,
    fixed: `# why\n-a always,exit -F arch=b64 -S capset -k caps\n${BOTH}`,
  },
  {
    rule: "audit-one-abi",
    kind: "shell",
    bad: "auditctl -a exit,always -F arch=b64 -S capset -k caps\n",
    at: "arch=b64",
    good: "auditctl -w /etc/shadow -p wa -k shadow\n",
    fixed:
      "auditctl -a exit,always -F arch=b64 -S capset -k caps\nauditctl -a exit,always -F arch=b32 -S capset -k caps\n",
  },
  {
    rule: "audit-no-arch",
    kind: "auditd",
    bad: "-a always,exit -S capset -k caps\n",
    at: "-a always,exit -S capset -k caps",
    good: "-a always,exit -F path=/usr/bin/x -F perm=x -k x\n",
  },
  {
    rule: "audit-prctl-constant",
    kind: "auditd",
    bad: "-a always,exit -F arch=b32 -S prctl -F a0=22 -k securebits\n",
    at: "a0=22",
    good: "-a always,exit -F arch=b32 -S prctl -F a0=0x16 -k seccomp\n",
    fixed: "-a always,exit -F arch=b32 -S prctl -F a0=28 -k securebits\n",
  },
  {
    rule: "audit-prctl-constant",
    kind: "auditd",
    bad: "# raises ambient capabilities\n-a always,exit -F arch=b32 -S prctl -F a0=0x26 -k x\n",
    at: "a0=0x26",
    good: "# raises ambient capabilities\n-a always,exit -F arch=b32 -S prctl -F a0=0x2f -k x\n",
    fixed: "# raises ambient capabilities\n-a always,exit -F arch=b32 -S prctl -F a0=0x2f -k x\n",
  },
  {
    rule: "audit-not-a-syscall",
    kind: "auditd",
    bad: "-a always,exit -F arch=b32 -S capset,cap_set_proc -k x\n",
    at: "cap_set_proc",
    good: "-a always,exit -F arch=b32 -S capset,capget -k x\n",
  },
  {
    rule: "audit-watch-proc",
    kind: "auditd",
    bad: "-w /proc/sys/kernel/yama/ptrace_scope -p w -k yama\n",
    at: "/proc/sys/kernel/yama/ptrace_scope",
    good: "-w /etc/sysctl.d -p wa -k sysctl\n",
  },
  {
    rule: "audit-no-key",
    kind: "auditd",
    bad: "-w /etc/sudoers -p wa\n",
    at: "-w /etc/sudoers -p wa",
    good: "-a never,exit -F exe=/usr/bin/chronyd\n-w /etc/sudoers -p wa -k sudo\n",
  },
];

export const RECIPE_CASES: readonly Case[] = [
  {
    rule: "ps-no-such-column",
    kind: "shell",
    bad: "ps -eo pid,cap_prm,comm\n",
    at: "pid,cap_prm,comm",
    good: "ps -eo pid,comm --sort=-pcpu\n",
  },
  {
    rule: "bpftrace-retval",
    kind: "shell",
    bad: "bpftrace -e 'kprobe:capable { @[comm, retval] = count(); }'\n",
    at: "'kprobe:capable { @[comm, retval] = count(); }'",
    good: "bpftrace -e 'kprobe:cap_capable { @c[tid] = arg2; } kretprobe:cap_capable /@c[tid]/ { printf(\"%d %d\", @c[tid], retval); }'\n",
  },
  {
    rule: "bpftrace-arguments-at-return",
    kind: "shell",
    bad: "bpftrace -e 'kretprobe:cap_capable { printf(\"%d\", arg2); }'\n",
    at: "'kretprobe:cap_capable { printf(\"%d\", arg2); }'",
    good: "bpftrace -e 'kprobe:cap_capable { printf(\"%d\", arg2); }'\n",
  },
  {
    rule: "capsh-decode-without-mask",
    kind: "shell",
    bad: "awk '/CapEff/{print $2}' /proc/self/status | xargs capsh --decode=\n",
    at: "--decode=",
    good: "awk '/CapEff/{print $2}' /proc/self/status | xargs -I{} capsh --decode={}\n",
  },
  {
    rule: "strace-class",
    kind: "shell",
    bad: "strace -f -e trace=%process ./x 2>&1 | grep capset\n",
    at: "trace=%process",
    good: "strace -f -e trace=%process,capset ./x 2>&1 | grep capset\nstrace -e trace=file ./x 2>&1 | grep open\n",
  },
  {
    rule: "pgrep-several",
    kind: "shell",
    bad: "cat /proc/$(pgrep web)/status\n",
    at: "/proc/$(pgrep web)/status",
    good: "cat /proc/$(pgrep -o web)/status /proc/$(pgrep -f 'web: master')/status\n",
  },
  {
    rule: "outdated-full-mask",
    kind: "shell",
    bad: "grep -q 'CapEff:.*0000003fffffffff' /proc/self/status\n",
    at: "'CapEff:.*0000003fffffffff'",
    good: "grep -q 'CapEff:.*0000000000000000' /proc/self/status\ncapsh --decode=0000003fffffffff\n",
  },
  {
    rule: "tool-unknown-option",
    kind: "shell",
    bad: "pscap --all | sort\n",
    at: "--all",
    good: "pscap -a --tree\nnetcap --advanced --interface=eth0\nfilecap -d\ngetcap -r /usr 2>/dev/null\n",
  },
  {
    rule: "filecap-prefix",
    kind: "shell",
    bad: "filecap /usr/bin/x cap_net_raw\n",
    at: "cap_net_raw",
    good: "filecap /usr/bin/x net_raw\n",
    fixed: "filecap /usr/bin/x net_raw\n",
  },
];

export const CLAIM_CASES: readonly Case[] = [
  {
    rule: "mask-and-names-differ",
    kind: "guide",
    bad: "After it: CapBnd is 00000000000000c2 (kill + setuid).\n",
    at: "00000000000000c2 (kill + setuid)",
    good: "After it: CapBnd is 00000000000000a0 (kill + setuid), 0x2000=cap_net_raw, and 20260101 (chosen).\n",
  },
  {
    rule: "claim-number-of-capabilities",
    kind: "guide",
    bad: "Linux splits root into 40 distinct capabilities.\n",
    at: "into 40 distinct capabilities",
    good: "Linux has 41 capabilities; Docker drops 27 capabilities, and 35 other programs have none.\n",
  },
  {
    rule: "claim-no-new-privileges-capset",
    kind: "guide",
    bad: "NoNewPrivileges=yes prevents calls of capset at runtime.\n",
    at: "NoNewPrivileges=yes prevents calls of capset",
    good: "NoNewPrivileges=yes does not block capset.\n",
  },
  {
    rule: "claim-ambient-and-setuid",
    kind: "guide",
    bad: "Ambient capabilities stay: a child that execs a setuid program keeps both.\n",
    at: "Ambient capabilities stay: a child that execs a setuid program keeps",
    good: "Ambient capabilities go away when a child execs a setuid program.\n",
  },
  {
    rule: "prose-lock-without-bit",
    kind: "guide",
    bad: "Then add SecureBits=noroot-locked to the unit.\n",
    at: "noroot-locked",
    good: "Then add SecureBits=noroot noroot-locked to the unit.\n",
  },
];
