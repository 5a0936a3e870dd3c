// In the program itself: C with libcap-ng, written by capscope 0.1.0 from a profile of 1 run:
// web1, Linux 6.18.7, 2026-01-02T03:04:05.000Z.
// Attention: Seen for 75 s in all, and it ran on: what it does later (reload, rotation of logs,
// jobs, load) was not seen.
//
// By evidence of a trace, not proven: what was not exercised was not seen:
//   CAP_SETGID: asked for in setgid, setgroups
//   CAP_SETUID: asked for in setuid
//   CAP_SETPCAP: asked for in prctl
//   CAP_NET_BIND_SERVICE: asked for in bind
//   CAP_SYS_NICE: asked for in setpriority
// Untested:
//   CAP_CHOWN: a program put it into its sets, and never asked for it
//
// - Needed only until the program gave privileges up: CAP_SETGID, CAP_SETUID and
//   CAP_NET_BIND_SERVICE; needed after it, or by programs that keep theirs: CAP_SYS_NICE. A
//   configuration from outside has to grant both.
// - Never asked for, and put into its sets by a program: CAP_CHOWN. They are granted because the
//   program's own capset(2) would fail without them.
// - Asked for only to give privileges up for good: CAP_SETPCAP. Granted, because some programs
//   stop when that fails; others go on with what the configuration leaves them: capscope minimize
//   tells.
// - Call it after what needs more, as early as the program can. The change of user id itself
//   needs CAP_SETUID, CAP_SETGID and CAP_SETPCAP, which are given up with it.
// - Not in it, because they were needed only before: CAP_SETGID, CAP_SETUID and
//   CAP_NET_BIND_SERVICE.
// - Call it before the program starts threads: the kernel keeps capabilities for each of them,
//   and this changes the thread that calls it.
// - Compile with -lcap-ng.

#include <cap-ng.h>
#include <stdio.h>
#include <stdlib.h>

static void limit_capabilities(int uid, int gid)
{
    capng_clear(CAPNG_SELECT_BOTH);
    if (capng_updatev(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED,
                      CAP_SYS_NICE,
                      -1) != 0) {
        fputs("capabilities: this system does not know them all\n", stderr);
        exit(EXIT_FAILURE);
    }
    int error = capng_change_id(uid, gid, CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING);
    if (error != 0) {
        fprintf(stderr, "capabilities: capng_change_id: error %d\n", error);
        exit(EXIT_FAILURE);
    }
}
