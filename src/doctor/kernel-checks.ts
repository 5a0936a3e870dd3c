// SPDX-License-Identifier: Apache-2.0
import type { Facts } from "./facts.ts";
import type { Check } from "./model.ts";

/** Oldest kernel for which `trace` is made: 5.15, with fexit programs and task storage. */
const OLDEST = [5, 15] as const;

/** Judges the kernel, and what BPF programs need besides it. */
export function checkKernel(facts: Facts): readonly Check[] {
  return [checkRelease(facts), checkTypes(facts), checkLibbpf(facts), checkLockdown(facts)];
}

function checkRelease({ kernel }: Facts): Check {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(kernel) ?? [];
  const base = { area: "kernel", name: "kernel", detail: kernel || "unknown" } as const;
  if (major === undefined) return { ...base, state: "unknown", effect: null, remedy: null };
  const isOlder =
    Number(major) < OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) < OLDEST[1]);
  if (!isOlder) return { ...base, state: "ok", effect: null, remedy: null };
  return {
    ...base,
    state: "limited",
    effect: `trace is made for Linux ${OLDEST.join(".")} and newer`,
    remedy: "a newer kernel",
  };
}

function checkTypes({ types }: Facts): Check {
  const base = { area: "kernel", name: "kernel types" } as const;
  const effect = "no trace: BPF programs cannot be fitted to this kernel";
  if (types === "denied") {
    const remedy = "run it as root, or allow /sys/kernel/btf/vmlinux to be read";
    return { ...base, state: "missing", detail: "not readable", effect, remedy };
  }
  if (typeof types === "string") {
    const detail = "/sys/kernel/btf/vmlinux is not there";
    const remedy = "a kernel with CONFIG_DEBUG_INFO_BTF; in a container, mount /sys";
    return { ...base, state: "missing", detail, effect, remedy };
  }
  const detail = "BTF readable at /sys/kernel/btf/vmlinux";
  return { ...base, state: "ok", detail, effect: null, remedy: null };
}

function checkLibbpf({ libbpf, libbpfFailure }: Facts): Check {
  const base = { area: "kernel", name: "libbpf" } as const;
  if (libbpf !== null) {
    return { ...base, state: "ok", detail: `libbpf.so.1, ${libbpf}`, effect: null, remedy: null };
  }
  return {
    ...base,
    state: "missing",
    detail: libbpfFailure?.reason ?? "not found",
    effect: "no trace",
    remedy: libbpfFailure?.remedy ?? null,
  };
}

/** Linux 6.18, include/linux/security.h: reading kernel memory is refused from LOCKDOWN_KPROBES on. */
function checkLockdown({ lockdown }: Facts): Check {
  const base = { area: "kernel", name: "lockdown" } as const;
  switch (lockdown) {
    case null:
      return {
        ...base,
        state: "unknown",
        detail: "/sys/kernel/security/lockdown is not there",
        effect: null,
        remedy: "mount -t securityfs none /sys/kernel/security",
      };
    case "confidentiality":
      return {
        ...base,
        state: "limited",
        detail: lockdown,
        effect: "the kernel refuses kprobes and BPF programs that read its memory: no trace",
        remedy: "boot with lockdown=integrity, if your policy allows it",
      };
    default:
      return { ...base, state: "ok", detail: lockdown, effect: null, remedy: null };
  }
}
