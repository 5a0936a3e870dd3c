// SPDX-License-Identifier: Apache-2.0
import { capabilityNumber, constantName } from "../../capabilities/spelling.ts";
import type { Draft } from "../draft.ts";
import { keptSet, keptSetNotes } from "../program-set.ts";
import type { Workload } from "../workload.ts";

/**
 * A Go file that needs the standard library alone. A Go program has several threads before main()
 * runs, so each change is made in all of them; syscall.AllThreadsSyscall (Go 1.16).
 */
export function draftGo(workload: Workload): Draft {
  const kept = keptSet(workload.grant);
  return {
    title: "In the program itself: Go",
    place: null,
    comment: "//",
    lines: [
      "package main",
      "",
      "import (",
      '\t"fmt"',
      '\t"syscall"',
      '\t"unsafe"',
      ")",
      "",
      "// Numbers of linux/capability.h.",
      ...(kept.length === 0 ? ["var keptCapabilities = []uint{}"] : keptLines(kept)),
      "",
      ...FUNCTIONS,
    ],
    notes: [
      ...keptSetNotes(workload),
      "Build it with CGO_ENABLED=0: with cgo Go does not know all threads and refuses " +
        "(ENOTSUP). A program with cgo takes kernel.org/pub/linux/libs/security/libcap/cap for it.",
    ],
  };
}

function keptLines(kept: readonly string[]): readonly string[] {
  return [
    "var keptCapabilities = []uint{",
    ...kept.map((name) => `\t${capabilityNumber(name)}, // ${constantName(name)}`),
    "}",
  ];
}

const FUNCTIONS: readonly string[] = [
  "const (",
  "\tprSetKeepcaps        = 8",
  "\tprCapbsetRead        = 23",
  "\tprCapbsetDrop        = 24",
  "\tprCapAmbient         = 47",
  "\tprCapAmbientClearAll = 4",
  "\tcapabilityVersion3   = 0x20080522",
  ")",
  "",
  "type capabilityHeader struct {",
  "\tversion uint32",
  "\tpid     int32",
  "}",
  "",
  "type capabilityData struct {",
  "\teffective, permitted, inheritable uint32",
  "}",
  "",
  "func prctlInAllThreads(step string, option, argument uintptr) error {",
  "\t_, _, errno := syscall.AllThreadsSyscall6(syscall.SYS_PRCTL, option, argument, 0, 0, 0, 0)",
  "\tif errno != 0 {",
  '\t\treturn fmt.Errorf("capabilities: %s: %w", step, errno)',
  "\t}",
  "\treturn nil",
  "}",
  "",
  "func dropBounding() error {",
  "\tfor number := uintptr(0); number < 64; number++ {",
  "\t\t_, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, prCapbsetRead, number, 0)",
  "\t\tif errno != 0 {",
  "\t\t\tbreak // the kernel knows no more of them",
  "\t\t}",
  '\t\tif err := prctlInAllThreads("PR_CAPBSET_DROP", prCapbsetDrop, number); err != nil {',
  "\t\t\treturn err",
  "\t\t}",
  "\t}",
  "\treturn nil",
  "}",
  "",
  "func setCapabilities() error {",
  "\theader := capabilityHeader{version: capabilityVersion3}",
  "\tvar data [2]capabilityData",
  "\tfor _, number := range keptCapabilities {",
  "\t\tdata[number/32].permitted |= 1 << (number % 32)",
  "\t\tdata[number/32].effective |= 1 << (number % 32)",
  "\t}",
  "\t_, _, errno := syscall.AllThreadsSyscall(syscall.SYS_CAPSET,",
  "\t\tuintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&data[0])), 0)",
  "\tif errno != 0 {",
  '\t\treturn fmt.Errorf("capabilities: capset: %w", errno)',
  "\t}",
  "\treturn nil",
  "}",
  "",
  "func limitCapabilities(uid, gid int) error {",
  "\tif err := dropBounding(); err != nil {",
  "\t\treturn err",
  "\t}",
  '\tif err := prctlInAllThreads("PR_SET_KEEPCAPS", prSetKeepcaps, 1); err != nil {',
  "\t\treturn err",
  "\t}",
  "\tif err := syscall.Setgroups([]int{}); err != nil {",
  '\t\treturn fmt.Errorf("capabilities: setgroups: %w", err)',
  "\t}",
  "\tif err := syscall.Setresgid(gid, gid, gid); err != nil {",
  '\t\treturn fmt.Errorf("capabilities: setresgid: %w", err)',
  "\t}",
  "\tif err := syscall.Setresuid(uid, uid, uid); err != nil {",
  '\t\treturn fmt.Errorf("capabilities: setresuid: %w", err)',
  "\t}",
  "\tif err := setCapabilities(); err != nil {",
  "\t\treturn err",
  "\t}",
  '\tif err := prctlInAllThreads("PR_CAP_AMBIENT", prCapAmbient, prCapAmbientClearAll); err != nil {',
  "\t\treturn err",
  "\t}",
  '\treturn prctlInAllThreads("PR_SET_KEEPCAPS", prSetKeepcaps, 0)',
  "}",
];
