// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { check, checkAt, CONTEXT, finding, judged } from "./build-check.ts";
import { CONTEXT_SYSCTLS } from "../../src/linux/procfs/system-context.ts";
import { CONDITION_SETTINGS } from "../../src/trace/conditions.ts";

const withSetting = (name: string, value: string | null): { context: typeof CONTEXT } => ({
  context: { ...CONTEXT, sysctls: { [name]: value } },
});

describe("a capability is conditional when a setting alone makes the kernel ask:", () => {
  test.each([
    ["kernel.dmesg_restrict", "1", "0", "syslog", ["capable", "check_syslog_permissions"]],
    ["kernel.dmesg_restrict", "1", "0", "syslog", ["capable", "devkmsg_open", "chrdev_open"]],
    ["kernel.perf_event_paranoid", "2", "1", "perfmon", ["perfmon_capable", "perf_allow_kernel"]],
    ["kernel.perf_event_paranoid", "1", "0", "perfmon", ["perfmon_capable", "perf_allow_cpu"]],
    [
      "kernel.yama.ptrace_scope",
      "1",
      "0",
      "sys_ptrace",
      ["ns_capable", "yama_ptrace_access_check"],
    ],
    ["fs.protected_hardlinks", "1", "0", "fowner", ["inode_owner_or_capable", "may_linkat"]],
    ["vm.mmap_min_addr", "65536", "0", "sys_rawio", ["cap_mmap_addr", "security_mmap_addr"]],
    ["vm.unprivileged_userfaultfd", "0", "1", "sys_ptrace", ["capable", "__x64_sys_userfaultfd"]],
    ["kernel.unprivileged_userns_clone", "0", "1", "sys_admin", ["capable", "copy_process"]],
    ["kernel.io_uring_disabled", "1", "0", "sys_admin", ["capable", "__x64_sys_io_uring_setup"]],
    ["dev.tty.legacy_tiocsti", "0", "1", "sys_admin", ["capable", "tiocsti", "tty_ioctl"]],
  ])("%s = %s, not %s", (setting, value, other, capability, frames) => {
    const asked = checkAt(capability, frames);
    expect(judged(asked, withSetting(setting, value))).toMatchObject({
      verdict: "conditional",
      conditions: [`${setting} = ${value}`],
      reason: expect.stringContaining(`; asked for only because of ${setting} = ${value} (with `),
    });
    expect(judged(asked, withSetting(setting, other)).verdict).toBe("required");
    expect(judged(asked, withSetting(setting, null)).verdict).toBe("required");
    expect(judged({ ...asked, granted: false }, withSetting(setting, value)).verdict).toBe(
      "denied",
    );
  });

  test("not when it was asked for from somewhere else as well", () => {
    const other = { frames: ["cap_capable", "__ptrace_may_access"], samples: 1 };
    const both = checkAt("sys_ptrace", ["yama_ptrace_access_check"]);
    const stacks = [...both.stacks, other];
    const { verdict } = judged({ ...both, stacks }, withSetting("kernel.yama.ptrace_scope", "1"));
    expect(verdict).toBe("required");
  });

  test("not when the capability is there and asked for elsewhere", () => {
    const context = withSetting("kernel.yama.ptrace_scope", "2");
    expect(judged(checkAt("sys_ptrace", ["__ptrace_may_access"]), context)).toMatchObject({
      verdict: "required",
      conditions: [],
    });
  });
});

describe("a setting is told with a capability that is required all the same:", () => {
  test.each([
    ["net.ipv4.ip_unprivileged_port_start", "1024", "net_bind_service", ["__inet_bind"]],
    ["kernel.unprivileged_bpf_disabled", "2", "bpf", ["bpf_token_capable", "bpf_prog_load"]],
    ["kernel.modules_disabled", "1", "sys_module", ["capable", "__x64_sys_finit_module"]],
    ["kernel.perf_event_paranoid", "2", "perfmon", ["__do_sys_perf_event_open"]],
    ["fs.mqueue.msg_max", "10", "sys_resource", ["capable", "mqueue_get_inode"]],
  ])("%s = %s", (setting, value, capability, frames) => {
    expect(judged(checkAt(capability, frames), withSetting(setting, value))).toMatchObject({
      verdict: "required",
      conditions: [`${setting} = ${value}`],
    });
  });

  test("and not with those of other capabilities from the same place", () => {
    const context = withSetting("net.ipv4.ip_unprivileged_port_start", "1024");
    expect(judged(checkAt("net_raw", ["__inet_bind"]), context).conditions).toEqual([]);
  });
});

test("the finding has the settings of the checks that decide it, each once", () => {
  const asked = checkAt("syslog", ["capable", "check_syslog_permissions"]);
  const hidden = checkAt("syslog", ["kallsyms_show_value"], { firstNs: 300 });
  const sysctls = { "kernel.dmesg_restrict": "1", "kernel.kptr_restrict": "1" };
  const facts = {
    checks: [asked, { ...asked, firstNs: 200 }, hidden],
    context: { ...CONTEXT, sysctls },
  };
  const found = finding("syslog", facts);
  expect([found?.verdict, found?.conditions]).toEqual([
    "conditional",
    ["kernel.dmesg_restrict = 1"],
  ]);
});

test("no setting is invented where the system tells nothing", () => {
  expect(judged(check()).conditions).toEqual([]);
});

test("every setting that bears on a question is read from the system", () => {
  expect(
    CONDITION_SETTINGS.filter((name) => !CONTEXT_SYSCTLS.some((each) => each === name)),
  ).toEqual([]);
});
