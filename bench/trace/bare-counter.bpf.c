// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The least that a tracer of capability checks can do: it counts them by process, capability and
 * result, for the whole machine. And less than that: programs that do nothing, for what the way into
 * the kernel costs.
 */
#include "vmlinux-subset.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct count_key {
	__u32 process;
	__s32 capability;
	__s32 result;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct count_key);
	__type(value, __u64);
} counts SEC(".maps");

static __always_inline int count(int capability, int result)
{
	struct count_key key = {
		.process = bpf_get_current_pid_tgid() >> 32,
		.capability = capability,
		.result = result,
	};
	__u64 *counter = bpf_map_lookup_elem(&counts, &key), one = 1;

	if (counter)
		__sync_fetch_and_add(counter, 1);
	else
		bpf_map_update_elem(&counts, &key, &one, BPF_NOEXIST);
	return 0;
}

SEC("tp_btf/cap_capable")
int BPF_PROG(count_traced, const struct cred *cred, struct user_namespace *target,
	     const struct user_namespace *capable, int capability, int result)
{
	return count(capability, result);
}

SEC("fexit/cap_capable")
int BPF_PROG(count_at_exit, const struct cred *cred, struct user_namespace *target, int capability,
	     unsigned int options, int result)
{
	return count(capability, result);
}

SEC("tp_btf/cap_capable")
int empty_traced(void *ctx)
{
	return 0;
}

SEC("fexit/cap_capable")
int empty_at_exit(void *ctx)
{
	return 0;
}
