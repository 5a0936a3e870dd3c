// SPDX-License-Identifier: Apache-2.0
import { capabilityNumber, constantName } from "../../capabilities/spelling.ts";
import { CAPABILITY_NAMES } from "../../capabilities/names.ts";
import type { Draft } from "../draft.ts";
import { keptSet, keptSetNotes } from "../program-set.ts";
import type { Workload } from "../workload.ts";
import { THREADS_NOTE } from "./c-program.ts";

/** A function with the crates `caps` and `libc`. */
export function draftRust(workload: Workload): Draft {
  const kept = keptSet(workload.grant);
  const named = kept.filter((name) => (capabilityNumber(name) ?? 64) < CAPABILITY_NAMES.length);
  const unnamed = kept.filter((name) => !named.includes(name));
  return {
    title: "In the program itself: Rust with the crate caps",
    place: null,
    comment: "//",
    lines: [
      "use caps::{CapSet, Capability, CapsHashSet};",
      "use std::io::{Error, ErrorKind};",
      "",
      ...keptLines(named),
      "",
      ...FUNCTIONS,
    ],
    notes: [
      ...keptSetNotes(workload),
      THREADS_NOTE,
      'In Cargo.toml: caps = "0.5" and libc = "0.2".',
      ...unnamed.map(
        (name) => `${constantName(name)} has no name in the crate, and is not kept by this.`,
      ),
    ],
  };
}

function keptLines(kept: readonly string[]): readonly string[] {
  if (kept.length === 0) return ["const KEPT: [Capability; 0] = [];"];
  return [
    `const KEPT: [Capability; ${kept.length}] = [`,
    ...kept.map((name) => `    Capability::${constantName(name)},`),
    "];",
  ];
}

const FUNCTIONS: readonly string[] = [
  "fn check_id_call(step: &str, result: libc::c_int) -> Result<(), Error> {",
  "    if result == 0 {",
  "        return Ok(());",
  "    }",
  "    let error = Error::last_os_error();",
  '    Err(Error::new(error.kind(), format!("capabilities: {step}: {error}")))',
  "}",
  "",
  "fn check_caps<T>(step: &str, result: Result<T, caps::errors::CapsError>) -> Result<T, Error> {",
  "    result.map_err(|error| {",
  '        Error::new(ErrorKind::PermissionDenied, format!("capabilities: {step}: {error}"))',
  "    })",
  "}",
  "",
  "fn limit_capabilities(uid: libc::uid_t, gid: libc::gid_t) -> Result<(), Error> {",
  "    let kept: CapsHashSet = KEPT.iter().copied().collect();",
  "    // By number, so that what the crate has no name for goes as well.",
  "    for number in 0..64 as libc::c_ulong {",
  "        if unsafe { libc::prctl(libc::PR_CAPBSET_READ, number, 0, 0, 0) } < 0 {",
  "            break;",
  "        }",
  "        let result = unsafe { libc::prctl(libc::PR_CAPBSET_DROP, number, 0, 0, 0) };",
  '        check_id_call("PR_CAPBSET_DROP", result)?;',
  "    }",
  '    check_caps("PR_SET_KEEPCAPS", caps::securebits::set_keepcaps(true))?;',
  '    check_id_call("setgroups", unsafe { libc::setgroups(0, std::ptr::null()) })?;',
  '    check_id_call("setresgid", unsafe { libc::setresgid(gid, gid, gid) })?;',
  '    check_id_call("setresuid", unsafe { libc::setresuid(uid, uid, uid) })?;',
  '    check_caps("ambient", caps::clear(None, CapSet::Ambient))?;',
  '    check_caps("inheritable", caps::clear(None, CapSet::Inheritable))?;',
  '    check_caps("effective", caps::set(None, CapSet::Effective, &kept))?;',
  '    check_caps("permitted", caps::set(None, CapSet::Permitted, &kept))?;',
  '    check_caps("PR_SET_KEEPCAPS", caps::securebits::set_keepcaps(false))',
  "}",
];
