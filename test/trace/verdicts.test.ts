// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { describeRun } from "../../src/trace/run.ts";
import {
  check,
  checkAt,
  credentials,
  evidence,
  history,
  judged,
  only,
  stack,
  syscall,
} from "./build-check.ts";

const MEMORY = ["security_vm_enough_memory_mm", "mmap_region", "do_mmap"];
const verdictOf = (...given: Parameters<typeof judged>): string => judged(...given).verdict;

describe("a check", () => {
  test("that was granted and has no excuse is required", () => {
    expect(verdictOf(check())).toBe("required");
  });

  test("that was refused is denied", () => {
    expect(verdictOf(check({ granted: false }))).toBe("denied");
  });

  test("with and without audit weighs the same: real gates ask in silence too", () => {
    const gates = [
      checkAt("sys_admin", ["ns_capable_noaudit", "seccomp_prepare_filter", "do_seccomp"]),
      checkAt("sys_ptrace", ["ns_capable_noaudit", "__ptrace_may_access", "proc_pid_permission"]),
      checkAt("sys_admin", ["ns_capable_noaudit", "do_listmount", "__x64_sys_listmount"]),
    ];
    for (const gate of gates) {
      expect(verdictOf({ ...gate, silent: true })).toBe("required");
      expect(verdictOf({ ...gate, silent: true, granted: false })).toBe("denied");
    }
  });
});

describe("whose credentials", () => {
  test("that are not the program's own make a check borrowed, whatever it asked", () => {
    const mounter = checkAt("sys_admin", [
      "capable",
      "xattr_permission",
      "ovl_check_metacopy_xattr",
    ]);
    const { verdict, reason } = judged({ ...mounter, borrowedCredentials: true });
    expect(verdict).toBe("borrowed");
    expect(reason).toContain("not the program's own");
  });

  test("do not hold what was granted cannot have used it", () => {
    const rows = [credentials({ permitted: only("net_raw"), effective: only("net_raw") })];
    const granted = checkAt("sys_admin", ["capable", "xattr_permission"], { credentials: 1 });
    expect(verdictOf(granted, { credentials: rows })).toBe("borrowed");
    expect(verdictOf({ ...granted, granted: false }, { credentials: rows })).toBe("denied");
    expect(verdictOf({ ...granted, capability: 13 }, { credentials: rows })).toBe("required");
  });
});

describe("the user namespace", () => {
  const CHILD = 4026532500;

  test("in which a program lives needs its capabilities, the host does not", () => {
    const inside = check({ targetNamespace: CHILD, ownNamespace: true });
    const { verdict, reason, userNamespace } = judged(inside);
    expect([verdict, userNamespace]).toEqual(["namespaced", "own"]);
    expect(reason).toContain("lives in");
    expect(verdictOf({ ...inside, granted: false })).toBe("namespaced");
  });

  test("in which a program lives is no place to decide where the kernel has a fallback", () => {
    const inside = { targetNamespace: CHILD, ownNamespace: true };
    expect(verdictOf(checkAt("fsetid", ["setattr_should_drop_sgid"], inside))).toBe(
      "opportunistic",
    );
  });

  test("below it is no need on the host as long as nothing tells where the program lives", () => {
    const below = check({ targetNamespace: CHILD, credentials: 1 });
    const { verdict, userNamespace } = judged(below, { credentials: [credentials()] });
    expect([verdict, userNamespace]).toEqual(["namespaced", "other"]);
  });

  test("below the host's is ruled with what a program of the host has there", () => {
    const rows = [credentials()];
    const below = checkAt("net_admin", ["ns_capable", "rtnl_newlink"], {
      targetNamespace: CHILD,
      credentials: 1,
    });
    const ofHost = checkAt("sys_admin", MEMORY, { credentials: 1, firstNs: 200 });
    const [first] = findAll([below, ofHost], rows);
    expect(first?.verdict).toBe("required");
    const asOwner = findAll([below, { ...ofHost, credentials: null }], rows)[0];
    expect(asOwner?.verdict).toBe("namespaced");
  });

  test("that a call makes is owned by its caller, who needs nothing there", () => {
    const ofHost = checkAt("sys_admin", MEMORY, { credentials: 1, firstNs: 200 });
    for (const name of ["unshare", "clone", "clone3"]) {
      const made = { targetNamespace: CHILD, credentials: 1, syscall: syscall(name) };
      const [first] = findAll(
        [checkAt("sys_admin", ["copy_namespaces"], made), ofHost],
        [credentials()],
      );
      expect(first?.verdict).toBe("namespaced");
    }
  });

  function findAll(
    checks: readonly Parameters<typeof judged>[0][],
    rows: readonly ReturnType<typeof credentials>[],
  ): readonly ReturnType<typeof judged>[] {
    return describeRun(evidence({ checks, credentials: rows })).observations;
  }
});

describe("memory accounting", () => {
  test.each([
    ["mmap", ["__mmap_region", "do_mmap"]],
    ["brk", ["do_brk_flags", "__do_sys_brk"]],
    ["clone", ["dup_mmap", "copy_process"]],
    ["shmget", ["__shmem_file_setup", "newseg"]],
    ["execveat", ["insert_vm_struct", "create_init_stack_vma", "alloc_bprm"]],
    ["memfd_create", ["__shmem_file_setup", "__do_sys_memfd_create"]],
    [null, ["acct_stack_growth", "expand_downwards", "exc_page_fault"]],
  ])("is opportunistic from %p", (call, callers) => {
    const number = call === null ? null : syscall(call);
    const frames = ["cap_vm_enough_memory", "security_vm_enough_memory_mm", ...callers];
    const { verdict, reason } = judged(checkAt("sys_admin", frames, { syscall: number }));
    expect(verdict).toBe("opportunistic");
    expect(reason).toStartWith("memory accounting");
  });

  test("excuses no other capability", () => {
    expect(verdictOf(checkAt("net_admin", MEMORY))).toBe("required");
  });

  test("does not excuse a check that was also made from elsewhere, and that place is the gate", () => {
    const stacks = [
      { frames: ["cap_capable", ...MEMORY], samples: 60 },
      ...stack("cap_capable", "capable", "path_mount"),
    ];
    const { verdict, gate } = judged(check({ capability: 21, stacks }));
    expect([verdict, gate]).toEqual(["required", "path_mount"]);
  });

  test("without stacks is told by system call and silence together", () => {
    const hidden = check({ capability: 21, syscall: syscall("mmap"), silent: true });
    expect(verdictOf(hidden)).toBe("opportunistic");
    expect(verdictOf({ ...hidden, syscall: null })).toBe("opportunistic");
    expect(verdictOf({ ...hidden, silent: false })).toBe("required");
    expect(verdictOf({ ...hidden, silent: null })).toBe("required");
    expect(verdictOf({ ...hidden, syscall: syscall("mount") })).toBe("required");
    expect(verdictOf({ ...hidden, capability: 12 })).toBe("required");
  });
});

describe("setpcap", () => {
  const CAPSET = ["cap_capset", "security_capset", "__do_sys_capset"];
  const PRCTL = ["ns_capable", "cap_task_prctl", "__do_sys_prctl"];

  test("in capset is opportunistic, with and without symbols", () => {
    expect(verdictOf(checkAt("setpcap", CAPSET))).toBe("opportunistic");
    expect(verdictOf(check({ capability: 8, syscall: syscall("capset") }))).toBe("opportunistic");
  });

  test("in capset is required when the inheritable set got what was not permitted", () => {
    const grown = history(
      { permitted: only("setpcap"), effective: only("setpcap") },
      { permitted: only("setpcap"), inheritable: only("net_raw") },
    );
    const record = checkAt("setpcap", CAPSET, { credentials: 1 });
    expect(verdictOf(record, { credentials: grown })).toBe("required");
    const permitted = history({}, { inheritable: only("net_raw") });
    expect(verdictOf(record, { credentials: permitted })).toBe("opportunistic");
  });

  test("to drop from the bounding set is self-confinement, with and without symbols", () => {
    expect(verdictOf(checkAt("setpcap", PRCTL))).toBe("self-confinement");
    expect(verdictOf(check({ capability: 8, syscall: syscall("prctl") }))).toBe("self-confinement");
  });

  test("refused to a program that would confine itself is denied", () => {
    expect(verdictOf(checkAt("setpcap", PRCTL, { granted: false }))).toBe("denied");
  });

  test("anywhere else is required", () => {
    expect(verdictOf(check({ capability: 8, syscall: syscall("setns") }))).toBe("required");
  });
});

describe("the gate", () => {
  test("is the innermost function that is no wrapper", () => {
    const wrappers = ["security_capable", "ns_capable"];
    expect(judged(checkAt("net_admin", [...wrappers, "__inet_bind", "inet_bind"])).gate).toBe(
      "__inet_bind",
    );
  });

  test("may be a function of BPF, but not the one that looks", () => {
    const frames = ["bpf_prog_0123456789abcdef_count_check", "bpf_token_capable", "bpf_prog_load"];
    expect(judged(checkAt("bpf", frames)).gate).toBe("bpf_prog_load");
  });

  test("is that of the stack which was sampled most", () => {
    const stacks = [
      { frames: ["cap_capable", "rare"], samples: 1 },
      { frames: ["cap_capable", "usual"], samples: 5 },
    ];
    expect(judged(check({ stacks })).gate).toBe("usual");
  });

  test("has the name that its source has", () => {
    expect(judged(checkAt("sys_resource", ["capable", "__set_oom_adj.isra.0"])).gate).toBe(
      "__set_oom_adj",
    );
  });

  test("is unknown where the kernel hides its symbols", () => {
    expect(judged(check()).gate).toBeNull();
    expect(judged(check({ stacks: stack() })).gate).toBeNull();
  });
});

describe("a question whose answer changes nothing, by the arguments of the call,", () => {
  test.each([
    ["fsetid", "chmod: decides only whether the set-group-ID bit stays, and the mode has none"],
    ["setuid", "setuid and setgid: to the id that the process has already"],
  ])("for %s is opportunistic", (name, reason) => {
    const moot = checkAt(name, ["setattr_prepare"], { moot: true });
    expect(judged(moot)).toMatchObject({ verdict: "opportunistic", reason });
    expect(judged({ ...moot, stacks: [] })).toMatchObject({ verdict: "opportunistic", reason });
    expect(verdictOf({ ...moot, moot: false })).toBe("required");
  });
});
