# NixOS module, written by capscope 0.1.0 from a profile of 1 run: web1, Linux 6.18.7,
# 2026-01-02T03:04:05.000Z.
# Attention: Seen for 75 s in all, and it ran on: what it does later (reload, rotation of logs,
# jobs, load) was not seen.
#
# By evidence of a trace, not proven: what was not exercised was not seen:
#   CAP_SETGID: asked for in setgid, setgroups
#   CAP_SETUID: asked for in setuid
#   CAP_SETPCAP: asked for in prctl
#   CAP_NET_BIND_SERVICE: asked for in bind
#   CAP_SYS_NICE: asked for in setpriority
# Untested:
#   CAP_CHOWN: a program put it into its sets, and never asked for it
#
# - Needed only until the program gave privileges up: CAP_SETGID, CAP_SETUID and
#   CAP_NET_BIND_SERVICE; needed after it, or by programs that keep theirs: CAP_SYS_NICE. A
#   configuration from outside has to grant both.
# - Never asked for, and put into its sets by a program: CAP_CHOWN. They are granted because the
#   program's own capset(2) would fail without them.
# - Asked for only to give privileges up for good: CAP_SETPCAP. Granted, because some programs
#   stop when that fails; others go on with what the configuration leaves them: capscope minimize
#   tells.
# - mkForce takes the place of what other modules say of the same settings.

{ lib, ... }:
{
  systemd.services."nginx".serviceConfig = {
    # Root is given what the bounding set holds at each exec, so it grants as well as limits.
    CapabilityBoundingSet = lib.mkForce [ "" "CAP_SETGID CAP_SETUID CAP_SETPCAP CAP_NET_BIND_SERVICE CAP_SYS_NICE" "CAP_CHOWN" ];
    # For root the bounding set is enough; what another unit file gives is taken back.
    AmbientCapabilities = lib.mkForce "";
    # No program gained privileges when it was executed.
    NoNewPrivileges = lib.mkForce "yes";
    # Loading kernel modules takes CAP_SYS_MODULE, which is not granted.
    ProtectKernelModules = lib.mkForce "yes";
    # Realtime scheduling, without LimitRTPRIO=, takes CAP_SYS_NICE, which was not asked for in
    # sched_setscheduler, sched_setparam, sched_setattr.
    RestrictRealtime = lib.mkForce "yes";
    # A new namespace takes CAP_SYS_ADMIN, which is not granted.
    RestrictNamespaces = lib.mkForce "yes";
    # A packet socket takes CAP_NET_RAW, which is not granted. A socket for keys of IPsec takes
    # CAP_NET_ADMIN, which is not granted.
    RestrictAddressFamilies = lib.mkForce [ "~AF_PACKET AF_XDP" "~AF_KEY" ];
    # Each call that loads a module takes CAP_SYS_MODULE, which is not granted. Each call that restarts
    # the machine takes CAP_SYS_BOOT, which is not granted. Each call that begins or ends swapping takes
    # CAP_SYS_ADMIN, which is not granted. Each call that reaches hardware ports takes CAP_SYS_RAWIO,
    # which is not granted. Each call that sets the clock takes CAP_SYS_TIME, which is not granted.
    # acct(2) takes CAP_SYS_PACCT, which is not granted. Each call that mounts takes CAP_SYS_ADMIN,
    # which is not granted. chroot(2) takes CAP_SYS_CHROOT, which is not granted.
    SystemCallFilter = lib.mkForce [ "~@module:EPERM" "~@reboot:EPERM" "~@swap:EPERM" "~@raw-io:EPERM" "~clock_settime:EPERM settimeofday:EPERM" "~acct:EPERM" "~mount:EPERM umount2:EPERM pivot_root:EPERM fsopen:EPERM fspick:EPERM fsmount:EPERM move_mount:EPERM mount_setattr:EPERM" "~chroot:EPERM" ];
    # No User=: it starts as root, and changes its user by itself.
    # No SecureBits=: as root it has its capabilities because it is root; noroot would take them all.
  };
}
