// SPDX-License-Identifier: Apache-2.0
/*
 * Tries what capabilities allow, each with that one alone and with none, as an ordinary user.
 * `gates DIR` prints a line for each: capability, what was tried, and the two outcomes: 0, or the
 * error. Nothing outlives it: it works in namespaces and on a tmpfs of its own, and where something
 * would change the machine, with arguments that are refused after the capability was asked for.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/netlink.h>
#include <linux/perf_event.h>
#include <linux/vm_sockets.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#define USER 1000
#define OTHER 4242

static pid_t keeper;
static int segment;

/* 0, or the error of a call that gives -1. */
static int outcome(long result)
{
	return result == -1 ? errno : 0;
}

static int try_chown(void) { return outcome(chown("mine", OTHER, OTHER)); }
static int try_write(void) { return outcome(open("roots", O_WRONLY)); }
static int try_read(void) { return outcome(open("roots", O_RDONLY)); }
static int try_chmod(void) { return outcome(chmod("roots", 0)); }
static int try_kill(void) { return outcome(kill(keeper, 0)); }
static int try_setgid(void) { return outcome(setgid(OTHER)); }
static int try_setgroups(void) { return outcome(setgroups(1, (gid_t[]){OTHER})); }
static int try_setuid(void) { return outcome(setuid(OTHER)); }
static int try_drop(void) { return outcome(prctl(PR_CAPBSET_DROP, CAP_WAKE_ALARM)); }
static int try_packet(void) { return outcome(socket(AF_PACKET, SOCK_RAW, 0)); }
static int try_raw(void) { return outcome(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)); }
static int try_shmat(void) { return outcome((long)shmat(segment, NULL, SHM_RDONLY)); }
static int try_module(void) { return outcome(syscall(SYS_delete_module, "no_such_module", 0)); }
static int try_chroot(void) { return outcome(chroot("/")); }
static int try_acct(void) { return outcome(acct("no-such-file")); }
static int try_name(void) { return outcome(sethostname("gates", 5)); }
static int try_mount(void) { return outcome(mount("gates", ".", "tmpfs", 0, NULL)); }
static int try_unshare(void) { return outcome(unshare(CLONE_NEWUTS)); }
static int try_reboot(void) { return outcome(syscall(SYS_reboot, 0, 0, 0, NULL)); }
static int try_nice(void) { return outcome(setpriority(PRIO_PROCESS, 0, -5)); }
static int try_mknod(void) { return outcome(mknod("null", S_IFCHR | 0600, 0x103)); }
static int try_hangup(void) { setsid(); return outcome(vhangup()); }
static int try_syslog(void) { return outcome(syscall(SYS_syslog, 9, NULL, 0)); }
static int try_alarm(void) { return outcome(timerfd_create(CLOCK_REALTIME_ALARM, 0)); }

static int try_securebits(void) { return outcome(prctl(PR_SET_SECUREBITS, 0x40)); }
static int try_mkdir(void) { return outcome(mkdir("closed/new", 0700)); }
static int try_unlink(void) { return outcome(unlink("sticky/roots")); }
static int try_noatime(void) { return outcome(open("roots-readable", O_RDONLY | O_NOATIME)); }
static int try_swapon(void) { return outcome(syscall(SYS_swapon, "no-such-file", 0)); }
static int try_fanotify(void) { return outcome(syscall(SYS_fanotify_init, 0x4, O_RDONLY)); }
static int try_trusted(void) { return outcome(setxattr("mine", "trusted.x", "y", 1, 0)); }

static int try_seccomp(void)
{
	struct sock_filter allow = {0x06, 0, 0, 0x7fff0000};
	struct sock_fprog program = {1, &allow};

	return outcome(syscall(SYS_seccomp, 1, 0, &program));
}

static int try_realtime(void)
{
	return outcome(sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){1}));
}

static int try_ioprio(void)
{
	return outcome(syscall(SYS_ioprio_set, 1, 0, 1 << 13));
}

static int try_vsock(void)
{
	struct sockaddr_vm address = {.svm_family = AF_VSOCK, .svm_port = 700, .svm_cid = VMADDR_CID_ANY};
	int socket_fd = socket(AF_VSOCK, SOCK_STREAM, 0);

	return socket_fd < 0 ? ENOSYS : outcome(bind(socket_fd, (void *)&address, sizeof(address)));
}

/* Sends itself these credentials. */
static int try_credentials(pid_t pid, uid_t uid, gid_t gid)
{
	int pair[2];
	struct iovec part = {"x", 1};
	union { struct cmsghdr header; char bytes[CMSG_SPACE(sizeof(struct ucred))]; } control;
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
				 .msg_controllen = sizeof(control)};

	control.header = (struct cmsghdr){CMSG_LEN(sizeof(struct ucred)), SOL_SOCKET, SCM_CREDENTIALS};
	*(struct ucred *)CMSG_DATA(&control.header) = (struct ucred){pid, uid, gid};
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
		return errno;
	return outcome(sendmsg(pair[0], &message, 0));
}

static int try_send_uid(void) { return try_credentials(getpid(), OTHER, USER); }
static int try_send_gid(void) { return try_credentials(getpid(), USER, OTHER); }
static int try_send_pid(void) { return try_credentials(keeper, USER, USER); }

/* What the kernel answers to a request for the state of auditing. */
static int try_audit_get(void)
{
	struct nlmsghdr request = {sizeof(request), AUDIT_GET, NLM_F_REQUEST | NLM_F_ACK, 1, 0};
	struct { struct nlmsghdr header; struct nlmsgerr error; char rest[512]; } answer;
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT);

	if (fd < 0)
		return errno;
	if (send(fd, &request, sizeof(request), 0) < 0 || recv(fd, &answer, sizeof(answer), 0) < 0)
		return errno;
	return answer.header.nlmsg_type == NLMSG_ERROR ? -answer.error.error : 0;
}

static int try_handle(void)
{
	struct { struct file_handle handle; char bytes[8]; } name = {{8, 1, {}}, {0}};

	return outcome(open_by_handle_at(AT_FDCWD, &name.handle, O_RDONLY));
}

static int try_setgid_bit(void)
{
	struct stat stat;

	chmod("strange-group", 02755);
	lstat("strange-group", &stat);
	return stat.st_mode & S_ISGID ? 0 : EPERM;
}

static int try_immutable(void)
{
	int flags = FS_APPEND_FL;

	return outcome(ioctl(open("mine", O_RDONLY), FS_IOC_SETFLAGS, &flags));
}

static int try_bind(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(80)};

	return outcome(bind(socket(AF_INET, SOCK_STREAM, 0), (void *)&address, sizeof(address)));
}

static int try_listen_all(void)
{
	return outcome(setsockopt(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), SOL_NETLINK,
				  NETLINK_LISTEN_ALL_NSID, &(int){1}, sizeof(int)));
}

static int try_interface(void)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};

	return outcome(ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCSIFFLAGS, &request));
}

static int try_option(int option)
{
	return outcome(setsockopt(socket(AF_INET, SOCK_DGRAM, 0), SOL_SOCKET, option, &(int){4096},
				  sizeof(int)));
}

static int try_mark(void) { return try_option(SO_MARK); }
static int try_buffer(void) { return try_option(SO_RCVBUFFORCE); }

static int try_lock(void)
{
	void *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){0, 0});
	return outcome(mlock(page, 4096));
}

static int try_blocks(void)
{
	int block = 0;

	return outcome(ioctl(open("mine", O_RDONLY), FIBMAP, &block));
}

static int try_memory(void)
{
	char byte;
	struct iovec to = {&byte, 1}, from = {(void *)&keeper, 1};

	return outcome(process_vm_readv(keeper, &to, 1, &from, 1, 0));
}

static int try_maps(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/maps", keeper);
	return outcome(open(path, O_RDONLY));
}

static int try_limit(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_max++;
	return outcome(setrlimit(RLIMIT_NOFILE, &limit));
}

static int try_time(void)
{
	struct timex timex = {0};

	adjtimex(&timex);
	timex.modes = ADJ_MAXERROR;
	return outcome(adjtimex(&timex));
}

static int try_lease(void)
{
	return outcome(fcntl(open("roots-readable", O_RDONLY), F_SETLEASE, F_RDLCK));
}

static int try_audit_bind(void)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = AUDIT_NLGRP_READLOG};
	int socket_fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT);

	return socket_fd < 0 ? errno : outcome(bind(socket_fd, (void *)&address, sizeof(address)));
}

static int try_file_capability(void)
{
	struct vfs_cap_data data = {VFS_CAP_REVISION_2, {{1, 0}, {0, 0}}};

	return outcome(setxattr("mine", "security.capability", &data, XATTR_CAPS_SZ_2, 0));
}

static int try_perf(void)
{
	struct perf_event_attr attributes = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof(attributes), .config = PERF_COUNT_SW_CPU_CLOCK};

	return outcome(syscall(SYS_perf_event_open, &attributes, -1, 0, -1, 0));
}

static int try_map(void)
{
	union bpf_attr attributes = {.map_type = BPF_MAP_TYPE_LPM_TRIE, .key_size = 8, .value_size = 4,
				     .max_entries = 1, .map_flags = BPF_F_NO_PREALLOC};

	return outcome(syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof(attributes)));
}

static int try_last_pid(void)
{
	return outcome(write(open("/proc/sys/kernel/ns_last_pid", O_WRONLY), "x", 1));
}

static const struct gate {
	const char *capability;
	unsigned number;
	/* as the knowledge names it */
	const char *name;
	int (*attempt)(void);
} GATES[] = {
	{"chown", CAP_CHOWN, "chown", try_chown},
	{"dac_override", CAP_DAC_OVERRIDE, "open", try_write},
	{"dac_read_search", CAP_DAC_READ_SEARCH, "open for reading", try_read},
	{"dac_read_search", CAP_DAC_READ_SEARCH, "open_by_handle_at", try_handle},
	{"dac_override", CAP_DAC_OVERRIDE, "mkdir", try_mkdir},
	{"fowner", CAP_FOWNER, "chmod", try_chmod},
	{"fowner", CAP_FOWNER, "unlink", try_unlink},
	{"fowner", CAP_FOWNER, "O_NOATIME", try_noatime},
	{"fsetid", CAP_FSETID, "chmod", try_setgid_bit},
	{"kill", CAP_KILL, "kill", try_kill},
	{"setgid", CAP_SETGID, "setgid", try_setgid},
	{"setgid", CAP_SETGID, "setgroups", try_setgroups},
	{"setgid", CAP_SETGID, "SCM_CREDENTIALS", try_send_gid},
	{"setuid", CAP_SETUID, "setuid", try_setuid},
	{"setuid", CAP_SETUID, "SCM_CREDENTIALS", try_send_uid},
	{"setpcap", CAP_SETPCAP, "PR_CAPBSET_DROP", try_drop},
	{"setpcap", CAP_SETPCAP, "PR_SET_SECUREBITS", try_securebits},
	{"linux_immutable", CAP_LINUX_IMMUTABLE, "FS_IOC_SETFLAGS", try_immutable},
	{"net_bind_service", CAP_NET_BIND_SERVICE, "bind", try_bind},
	{"net_bind_service", CAP_NET_BIND_SERVICE, "bind of VSOCK", try_vsock},
	{"net_broadcast", CAP_NET_BROADCAST, "NETLINK_LISTEN_ALL_NSID", try_listen_all},
	{"net_admin", CAP_NET_ADMIN, "SIOCSIF", try_interface},
	{"net_admin", CAP_NET_ADMIN, "SO_MARK", try_mark},
	{"net_admin", CAP_NET_ADMIN, "SO_RCVBUFFORCE", try_buffer},
	{"net_raw", CAP_NET_RAW, "AF_PACKET", try_packet},
	{"net_raw", CAP_NET_RAW, "SOCK_RAW", try_raw},
	{"net_raw", CAP_NET_RAW, "SO_MARK", try_mark},
	{"ipc_lock", CAP_IPC_LOCK, "mlock", try_lock},
	{"ipc_owner", CAP_IPC_OWNER, "shmat", try_shmat},
	{"sys_module", CAP_SYS_MODULE, "delete_module", try_module},
	{"sys_rawio", CAP_SYS_RAWIO, "FIBMAP", try_blocks},
	{"sys_chroot", CAP_SYS_CHROOT, "chroot", try_chroot},
	{"sys_ptrace", CAP_SYS_PTRACE, "process_vm_readv", try_memory},
	{"sys_ptrace", CAP_SYS_PTRACE, "maps", try_maps},
	{"sys_pacct", CAP_SYS_PACCT, "acct", try_acct},
	{"sys_admin", CAP_SYS_ADMIN, "sethostname", try_name},
	{"sys_admin", CAP_SYS_ADMIN, "mount", try_mount},
	{"sys_admin", CAP_SYS_ADMIN, "unshare", try_unshare},
	{"sys_admin", CAP_SYS_ADMIN, "bpf", try_map},
	{"sys_admin", CAP_SYS_ADMIN, "perf_event_open", try_perf},
	{"sys_admin", CAP_SYS_ADMIN, "swapon", try_swapon},
	{"sys_admin", CAP_SYS_ADMIN, "setxattr of trusted.*", try_trusted},
	{"sys_admin", CAP_SYS_ADMIN, "seccomp", try_seccomp},
	{"sys_admin", CAP_SYS_ADMIN, "fanotify_init", try_fanotify},
	{"sys_admin", CAP_SYS_ADMIN, "SCM_CREDENTIALS", try_send_pid},
	{"sys_boot", CAP_SYS_BOOT, "reboot", try_reboot},
	{"sys_nice", CAP_SYS_NICE, "setpriority", try_nice},
	{"sys_nice", CAP_SYS_NICE, "sched_setscheduler", try_realtime},
	{"sys_nice", CAP_SYS_NICE, "ioprio_set", try_ioprio},
	{"sys_resource", CAP_SYS_RESOURCE, "setrlimit", try_limit},
	{"sys_time", CAP_SYS_TIME, "adjtimex", try_time},
	{"sys_tty_config", CAP_SYS_TTY_CONFIG, "vhangup", try_hangup},
	{"mknod", CAP_MKNOD, "mknod", try_mknod},
	{"lease", CAP_LEASE, "F_SETLEASE", try_lease},
	{"audit_control", CAP_AUDIT_CONTROL, "AUDIT_GET", try_audit_get},
	{"audit_read", CAP_AUDIT_READ, "AUDIT_NLGRP_READLOG", try_audit_bind},
	{"setfcap", CAP_SETFCAP, "setxattr", try_file_capability},
	{"syslog", CAP_SYSLOG, "syslog", try_syslog},
	{"wake_alarm", CAP_WAKE_ALARM, "CLOCK_REALTIME_ALARM", try_alarm},
	{"perfmon", CAP_PERFMON, "perf_event_open", try_perf},
	{"bpf", CAP_BPF, "bpf", try_map},
	{"checkpoint_restore", CAP_CHECKPOINT_RESTORE, "ns_last_pid", try_last_pid},
};

static void check(long result, const char *what)
{
	if (result == -1) {
		fprintf(stderr, "gates: %s: %s\n", what, strerror(errno));
		exit(1);
	}
}

static void make_file(const char *name, uid_t uid, gid_t gid, mode_t mode)
{
	int fd = open(name, O_WRONLY | O_CREAT, 0600);

	check(fd, name);
	check(fchown(fd, uid, gid), name);
	check(fchmod(fd, mode), name);
	close(fd);
}

/* The outcome as an ordinary user who has this set alone; -1 where nobody here can have it. */
static int attempt(const struct gate *gate, unsigned long long set)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2] = {{set, set, 0}, {set >> 32, set >> 32, 0}};
	int status;
	pid_t pid = fork();

	check(pid, "fork");
	if (pid == 0) {
		check(setgroups(0, NULL), "setgroups");
		check(prctl(PR_SET_KEEPCAPS, 1), "prctl");
		check(setresgid(USER, USER, USER), "setresgid");
		check(setresuid(USER, USER, USER), "setresuid");
		if (syscall(SYS_capset, &header, data) != 0)
			_exit(255);
		_exit(gate->attempt());
	}
	check(waitpid(pid, &status, 0), "waitpid");
	return WEXITSTATUS(status) == 255 ? -1 : WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	check(unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC), "unshare");
	check(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "mount");
	check(mount("gates", argv[1], "tmpfs", 0, "mode=1777"), argv[1]);
	check(chdir(argv[1]), argv[1]);
	segment = shmget(IPC_PRIVATE, 4096, 0600);
	check(segment, "shmget");
	keeper = getpid();
	umask(0);
	for (unsigned i = 0; i < sizeof(GATES) / sizeof(*GATES); i++) {
		make_file("mine", USER, USER, 0644);
		make_file("strange-group", USER, OTHER, 0644);
		make_file("roots", 0, 0, 0);
		make_file("roots-readable", 0, 0, 0644);
		unlink("null");
		rmdir("closed/new");
		mkdir("closed", 0755);
		mkdir("sticky", 01777);
		make_file("sticky/roots", 0, 0, 0644);
		/* What is allowed may leave nothing to ask for again. */
		int without = attempt(&GATES[i], 0);
		int with = attempt(&GATES[i], 1ULL << GATES[i].number);
		printf("%s|%s|%d|%d\n", GATES[i].capability, GATES[i].name, with, without);
		fflush(stdout);
		int flags = 0, fd = open("mine", O_RDONLY);
		ioctl(fd, FS_IOC_SETFLAGS, &flags);
		close(fd);
		unlink("mine");
	}
	return 0;
}
