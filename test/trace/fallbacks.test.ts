// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { CAPABILITY_NAMES } from "../../src/capabilities/names.ts";
import { FALLBACKS } from "../../src/trace/fallback-places.ts";
import type { SystemContext } from "../../src/trace/model.ts";
import { testUnless } from "../skip.ts";
import { checkAt, CONTEXT, credentials, judged, only } from "./build-check.ts";

const setting = (name: string, value: string): SystemContext => ({
  ...CONTEXT,
  sysctls: { [name]: value },
});

describe("a place where the kernel has a fallback", () => {
  test.each([
    ["sys_resource", ["capable", "ext4_has_free_clusters", "ext4_claim_free_clusters"]],
    ["sys_resource", ["capable", "alloc_pipe_info", "create_pipe_files"]],
    ["fsetid", ["capable_wrt_inode_uidgid", "setattr_should_drop_suidgid", "file_remove_privs"]],
    ["sys_admin", ["capable", "ext4_xattr_trusted_list", "ext4_listxattr", "vfs_listxattr"]],
    ["mac_admin", ["selinux_inode_getsecurity", "security_inode_getsecurity", "vfs_getxattr"]],
    ["sys_ptrace", ["ns_capable_noaudit", "__ptrace_may_access", "do_task_stat"]],
    ["syslog", ["security_capable", "kallsyms_show_value", "kallsyms_open"]],
    ["syslog", ["has_capability_noaudit", "restricted_pointer", "pointer", "vsnprintf"]],
    ["sys_admin", ["file_ns_capable", "pagemap_read", "vfs_read"]],
    ["net_admin", ["netlink_net_capable", "udp_dump", "__inet_diag_dump", "netlink_dump"]],
    ["sys_module", ["capable", "dev_load", "dev_ioctl"]],
    ["block_suspend", ["capable", "__x64_sys_epoll_ctl", "do_syscall_64"]],
    ["ipc_lock", ["capable", "io_uring_setup", "__x64_sys_io_uring_setup"]],
    ["sys_admin", ["ns_capable_noaudit", "do_jit", "bpf_int_jit_compile", "do_seccomp"]],
    ["dac_read_search", ["generic_permission", "inode_permission", "would_dump", "begin_new_exec"]],
    ["sys_resource", ["has_capability_noaudit", "__set_oom_adj", "oom_score_adj_write"]],
  ])("makes %s opportunistic: %j", (capability, frames) => {
    const { verdict, reason } = judged(checkAt(capability, frames));
    expect(verdict).toBe("opportunistic");
    expect(reason).toMatch(/decides only/);
  });

  test("stays one when it refuses", () => {
    const refused = checkAt("fsetid", ["setattr_should_drop_sgid", "ext4_setattr"], {
      granted: false,
    });
    expect(judged(refused).verdict).toBe("opportunistic");
  });
});

describe("a place beside it decides", () => {
  test.each([
    ["sys_resource", ["capable", "pipe_set_size", "pipe_fcntl"]],
    ["sys_resource", ["capable", "do_prlimit", "__x64_sys_prlimit64"]],
    ["sys_resource", ["capable", "__set_oom_adj", "oom_score_adj_write"]],
    ["sys_admin", ["capable", "xattr_permission", "vfs_getxattr"]],
    ["sys_ptrace", ["ns_capable_noaudit", "__ptrace_may_access", "proc_fd_access_allowed"]],
    ["net_admin", ["netlink_net_capable", "sock_diag_destroy", "tcp_diag_destroy"]],
    ["ipc_lock", ["capable", "mlock_future_ok", "do_mmap"]],
    ["dac_read_search", ["generic_permission", "inode_permission", "may_open", "do_filp_open"]],
    ["sys_resource", ["capable", "copy_process", "kernel_clone"]],
    ["bpf", ["bpf_jit_charge_modmem", "bpf_jit_binary_alloc", "bpf_int_jit_compile"]],
    ["net_admin", ["capable", "hci_sock_bind", "__sys_bind"]],
  ])("%s: %j", (capability, frames) => {
    expect(judged(checkAt(capability, frames)).verdict).toBe("required");
  });

  test("a place is no excuse for a capability that it does not ask for", () => {
    for (const { functions, capabilities } of FALLBACKS) {
      const other = capabilities.includes("sys_boot") ? "sys_pacct" : "sys_boot";
      for (const each of functions) {
        expect(judged(checkAt(other, [each])).verdict).toBe("required");
      }
    }
  });
});

describe("settings under /proc/sys/net", () => {
  const asked = checkAt("net_admin", ["ns_capable_noaudit", "net_ctl_permissions"], {
    credentials: 1,
  });

  test("are root's anyway", () => {
    expect(judged(asked, { credentials: [credentials()] }).verdict).toBe("opportunistic");
  });

  test("may be another user's by the capability alone", () => {
    const rows = [credentials({ uid: 33, effectiveUid: 33, permitted: only("net_admin") })];
    expect(judged(asked, { credentials: rows }).verdict).toBe("required");
    expect(judged(asked, { credentials: [] }).verdict).toBe("required");
  });
});

describe("loading a line discipline", () => {
  const asked = checkAt("sys_module", ["capable", "tty_ldisc_get", "tty_set_ldisc"]);

  test("is anyone's where the system says so", () => {
    const context = setting("dev.tty.ldisc_autoload", "1");
    expect(judged(asked, { context }).verdict).toBe("opportunistic");
  });

  test("depends on the setting otherwise", () => {
    const context = setting("dev.tty.ldisc_autoload", "0");
    expect(judged(asked, { context }).verdict).toBe("conditional");
    expect(judged(asked).verdict).toBe("required");
  });
});

describe("the catalogue", () => {
  test("names known capabilities, each function once for each of them, and a source", () => {
    const pairs = FALLBACKS.flatMap(({ functions, capabilities }) =>
      functions.flatMap((each) => capabilities.map((capability) => `${each} ${capability}`)),
    );
    expect(new Set(pairs).size).toBe(pairs.length);
    for (const { capabilities, source } of FALLBACKS) {
      for (const each of capabilities) expect(CAPABILITY_NAMES).toContain(each);
      expect(source).toMatch(/\.[ch]\b/);
    }
  });

  const symbols = readSymbols();
  testUnless(
    symbols === null ? "this kernel has no /proc/kallsyms" : null,
    "has a function of this kernel in each place that no kernel is built without",
    () => {
      const core =
        /^(?:mm|fs\/attr|fs\/pipe|fs\/xattr|fs\/exec|fs\/proc|security\/commoncap|kernel\/resource)/;
      const places = FALLBACKS.filter(({ source }) => core.test(source));
      expect(places.length).toBeGreaterThan(8);
      for (const { functions, reason } of places) {
        expect([reason, functions.some((each) => symbols?.has(each))]).toEqual([reason, true]);
      }
    },
  );
});

function readSymbols(): ReadonlySet<string> | null {
  if (!existsSync("/proc/kallsyms")) return null;
  const lines = readFileSync("/proc/kallsyms", "utf8").split("\n");
  return new Set(lines.map((line) => (line.split(/\s+/)[2] ?? "").split(".")[0] ?? ""));
}
