// SPDX-License-Identifier: Apache-2.0

/** A place in the kernel that asks and goes on without the capability. */
export interface Fallback {
  /** One of them is on the stack. */
  readonly functions: readonly string[];
  /** Those that it asks for; asked for anything else, the place is no excuse. */
  readonly capabilities: readonly string[];
  /** What the answer decides, the system call's result not being part of it. */
  readonly reason: string;
  /** Files of the kernel's source. */
  readonly source: string;
  /** Of 6.1, 6.12 and 7.3, whose sources were read: the first and the last that has it, where not all do. */
  readonly since?: "6.12" | "7.3";
  readonly until?: "6.1" | "6.12";
  /** Functions on the way from the place to the question that ask it for another purpose. */
  readonly unless?: readonly string[];
  /** Asks one and the same with audit for a decision, and without for this. */
  readonly only?: "silent" | "of-root" | "while-line-disciplines-load";
}

/**
 * Whoever adds a place reads its source: that the kernel asks without audit, say, proves nothing, because seccomp(2), listmount(2) and access to /proc/PID are refused in silence too.
 */
export const FALLBACKS: readonly Fallback[] = [
  {
    functions: ["security_vm_enough_memory_mm", "cap_vm_enough_memory", "__vm_enough_memory"],
    capabilities: ["sys_admin"],
    reason: "memory accounting: decides only who may use the last of the memory",
    source: "mm/util.c, security/commoncap.c",
  },
  {
    functions: ["ext4_has_free_clusters", "ext4_claim_free_clusters", "ext2_new_blocks"],
    capabilities: ["sys_resource"],
    reason: "free blocks: decides only who may use those reserved for the administrator",
    source: "fs/ext4/balloc.c, fs/ext2/balloc.c",
  },
  {
    functions: ["f2fs_reserve_new_blocks", "f2fs_new_node_page", "f2fs_new_node_folio"],
    capabilities: ["sys_resource"],
    reason: "free blocks: decides only who may use those reserved for the administrator",
    source: "fs/f2fs/f2fs.h, fs/f2fs/data.c, fs/f2fs/node.c",
  },
  {
    functions: ["xfs_setattr_nonsize"],
    capabilities: ["fowner"],
    only: "silent",
    reason: "change of owner: decides only whether a quota may be exceeded",
    source: "fs/xfs/xfs_iops.c",
  },
  {
    functions: ["alloc_pipe_info"],
    capabilities: ["sys_resource", "sys_admin"],
    reason: "pipe: decides only how large its buffer is beyond fs.pipe-user-pages-soft",
    source: "fs/pipe.c",
  },
  {
    functions: ["cap_bprm_creds_from_file"],
    capabilities: ["setuid"],
    reason: "exec by a traced process: decides only what a set-user-ID program may keep",
    source: "security/commoncap.c",
  },
  {
    functions: ["would_dump"],
    capabilities: ["dac_override", "dac_read_search"],
    reason: "exec: decides only whether the program may be dumped and traced",
    source: "fs/exec.c",
  },
  {
    functions: [
      "setattr_should_drop_sgid",
      "setattr_should_drop_suidgid",
      "should_remove_suid",
      "dentry_needs_remove_privs",
      "file_remove_privs",
      "file_remove_privs_flags",
      "__file_remove_privs",
    ],
    capabilities: ["fsetid"],
    reason: "write or change of owner: decides only whether set-ID bits stay",
    source: "fs/attr.c, fs/inode.c",
  },
  {
    functions: ["vfs_listxattr", "simple_xattr_list"],
    capabilities: ["sys_admin"],
    reason: "listxattr: decides only whether trusted attributes are listed",
    source: "fs/xattr.c, fs/ext4/xattr_trusted.c, fs/xfs/xfs_xattr.c",
  },
  {
    functions: ["security_inode_getsecurity", "selinux_inode_getsecurity"],
    capabilities: ["mac_admin"],
    reason: "getxattr: decides only how a label unknown to the policy is shown",
    source: "security/selinux/hooks.c",
  },
  {
    functions: ["do_task_stat", "proc_pid_wchan"],
    capabilities: ["sys_ptrace"],
    reason: "/proc/PID/stat and wchan: decides only whether addresses are shown",
    source: "fs/proc/array.c, fs/proc/base.c",
  },
  {
    functions: ["kallsyms_show_value", "restricted_pointer"],
    capabilities: ["syslog"],
    reason: "kernel addresses: decides only whether they are shown",
    source: "kernel/kallsyms.c, kernel/ksyms_common.c, lib/vsprintf.c",
  },
  {
    functions: ["pagemap_read"],
    capabilities: ["sys_admin"],
    reason: "/proc/PID/pagemap: decides only whether frame numbers are shown",
    source: "fs/proc/task_mmu.c",
  },
  {
    functions: ["r_show"],
    capabilities: ["sys_admin"],
    reason: "/proc/iomem and ioports: decides only whether addresses are shown",
    source: "kernel/resource.c",
  },
  {
    functions: ["pci_read_config", "proc_bus_pci_read"],
    capabilities: ["sys_admin"],
    reason: "PCI configuration: decides only how much of it is shown",
    source: "drivers/pci/pci-sysfs.c, drivers/pci/proc.c",
  },
  {
    functions: [
      "__inet_diag_dump_start",
      "inet_diag_dump_icsk",
      "inet_diag_dump_one_icsk",
      "tcp_diag_dump",
      "udp_dump",
      "udp_dump_one",
      "udp_diag_dump",
      "udp_diag_dump_one",
      "tcp_diag_dump_one",
      "sctp_diag_dump",
      "sctp_diag_dump_one",
      "raw_diag_dump",
      "raw_diag_dump_one",
      "mptcp_diag_dump",
      "mptcp_diag_dump_one",
      "packet_diag_dump",
    ],
    capabilities: ["net_admin"],
    reason: "socket list: decides only whether marks and filters are shown",
    source:
      "net/ipv4/inet_diag.c, net/ipv4/tcp_diag.c, net/ipv4/udp_diag.c, net/ipv4/raw_diag.c, net/sctp/diag.c, net/mptcp/mptcp_diag.c, net/packet/diag.c",
  },
  {
    functions: ["dev_load"],
    capabilities: ["net_admin", "sys_module"],
    reason: "unknown interface: decides only whether a driver is loaded for its name",
    source: "net/core/dev_ioctl.c",
  },
  {
    functions: ["__vsock_create", "vsock_create"],
    capabilities: ["net_admin"],
    reason: "vsock: decides only whether restricted guests of VMware may use the socket",
    source: "net/vmw_vsock/af_vsock.c",
  },
  {
    functions: ["do_epoll_ctl", "sys_epoll_ctl"],
    capabilities: ["block_suspend"],
    reason: "epoll: decides only whether an event keeps the system awake",
    source: "fs/eventpoll.c, include/uapi/linux/eventpoll.h",
  },
  {
    functions: ["io_uring_create", "io_uring_setup", "sys_io_uring_setup"],
    capabilities: ["ipc_lock"],
    reason: "io_uring: decides only whether its buffers count against RLIMIT_MEMLOCK",
    source: "io_uring/io_uring.c",
  },
  {
    functions: ["bpf_int_jit_compile"],
    capabilities: ["bpf", "sys_admin"],
    unless: ["bpf_jit_charge_modmem"],
    reason: "BPF compiler: decides only which mitigations the code gets",
    source: "arch/x86/net/bpf_jit_comp.c, arch/arm64/net/bpf_jit_comp.c, kernel/bpf/core.c",
  },
  {
    functions: ["bpf_prog_kallsyms_add"],
    capabilities: ["bpf", "sys_admin"],
    reason: "BPF: decides only whether the program is listed in /proc/kallsyms",
    source: "kernel/bpf/core.c",
  },
  {
    functions: ["array_map_alloc"],
    capabilities: ["perfmon", "sys_admin"],
    reason: "BPF array: decides only which mitigations it gets",
    source: "kernel/bpf/arraymap.c",
  },
  {
    functions: ["__set_oom_adj"],
    capabilities: ["sys_resource"],
    only: "silent",
    reason: "oom_score_adj: decides only how far it may be lowered later",
    source: "fs/proc/base.c",
  },
  {
    functions: ["net_ctl_permissions"],
    capabilities: ["net_admin"],
    only: "of-root",
    reason: "/proc/sys/net: root has the same access without it",
    source: "net/sysctl_net.c",
  },
  {
    functions: ["pid_table_root_permissions"],
    capabilities: ["sys_admin"],
    only: "of-root",
    reason: "/proc/sys/kernel/pid_max: root has the same access without it",
    source: "kernel/pid.c",
    since: "7.3",
  },
  {
    functions: ["can_do_mincore", "do_mincore", "can_do_file_pageout", "madvise_pageout"],
    capabilities: ["fowner", "dac_override", "dac_read_search"],
    reason: "mincore and madvise: decides only whether pages of foreign files count",
    source: "mm/mincore.c, mm/madvise.c",
  },
  {
    functions: ["ima_match_rules", "ima_match_policy"],
    capabilities: ["setuid", "setgid"],
    reason: "integrity measurement: decides only which user or group a rule is held against",
    source: "security/integrity/ima/ima_policy.c",
  },
  {
    functions: ["tty_ldisc_get"],
    capabilities: ["sys_module"],
    only: "while-line-disciplines-load",
    reason: "line discipline: anyone may have it loaded, as dev.tty.ldisc_autoload = 1 says",
    source: "drivers/tty/tty_ldisc.c",
  },
  {
    functions: ["fuse_create_open", "fuse_send_open", "fuse_send_write_pages", "fuse_direct_io"],
    capabilities: ["fsetid"],
    reason: "write to a FUSE file: decides only whether set-ID bits stay",
    source: "fs/fuse/dir.c, fs/fuse/file.c",
  },
  {
    functions: ["bpf_prog_get_info_by_fd"],
    capabilities: ["bpf", "sys_admin"],
    reason: "BPF: decides only whether a program's instructions are shown",
    source: "kernel/bpf/syscall.c",
  },
  {
    functions: [
      "bond_fill_info",
      "bond_info_show_master",
      "bond_info_show_slave",
      "bonding_show_ad_actor_key",
      "bonding_show_ad_actor_sys_prio",
      "bonding_show_ad_actor_system",
      "bonding_show_ad_partner_key",
      "bonding_show_ad_partner_mac",
      "bonding_show_ad_user_port_key",
    ],
    capabilities: ["net_admin"],
    reason: "bond: decides only whether details of its link aggregation are shown",
    source:
      "drivers/net/bonding/bond_netlink.c, drivers/net/bonding/bond_procfs.c, drivers/net/bonding/bond_sysfs.c",
  },
];
