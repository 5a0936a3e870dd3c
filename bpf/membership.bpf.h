/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whether a task is in the control group that is followed, or in one below it. */
#ifndef CAPSCOPE_MEMBERSHIP_BPF_H
#define CAPSCOPE_MEMBERSHIP_BPF_H

#include "state.bpf.h"

/* Deeper control groups than this are not searched upwards to the end. */
enum { GROUP_DEPTH = 64 };

/* Number of a controller in the running kernel; -1 where it was built without. */
#define CONTROLLER(name)                                                          \
	(bpf_core_enum_value_exists(enum cgroup_subsys_id, name##_cgrp_id) ?      \
		 (int)bpf_core_enum_value(enum cgroup_subsys_id, name##_cgrp_id) : \
		 -1)

static __always_inline int controller_number(__u32 hierarchy)
{
	switch (hierarchy) {
	case HIERARCHY_PIDS:
		return CONTROLLER(pids);
	case HIERARCHY_MEMORY:
		return CONTROLLER(memory);
	case HIERARCHY_DEVICES:
		return CONTROLLER(devices);
	case HIERARCHY_CPU:
		return CONTROLLER(cpu);
	case HIERARCHY_CPUACCT:
		return CONTROLLER(cpuacct);
	case HIERARCHY_FREEZER:
		return CONTROLLER(freezer);
	case HIERARCHY_BLKIO:
		return CONTROLLER(io);
	case HIERARCHY_CPUSET:
		return CONTROLLER(cpuset);
	}
	return -1;
}

static __always_inline struct cgroup *group_of(struct css_set *set)
{
	struct cgroup_subsys_state *css = 0;
	int controller;

	if (options.hierarchy == HIERARCHY_UNIFIED)
		return BPF_CORE_READ(set, dfl_cgrp);
	controller = controller_number(options.hierarchy);
	if (controller < 0)
		return 0;
	/* The array is as long as the running kernel has controllers. */
	bpf_probe_read_kernel(&css, sizeof(css), &set->subsys[0] + controller);
	return BPF_CORE_READ(css, cgroup);
}

static __always_inline bool has_name(struct cgroup *group)
{
	char name[GROUP_NAME_LENGTH] = {};

	if (bpf_probe_read_kernel_str(name, sizeof(name), BPF_CORE_READ(group, kn, name)) < 0)
		return false;
	for (int at = 0; at < GROUP_NAME_LENGTH; at++) {
		if (name[at] != options.child[at])
			return false;
		if (!name[at])
			return true;
	}
	return false;
}

/* The group itself or what is below it; of what is below it, only the child where one is named. */
static __noinline bool is_member(struct css_set *set)
{
	struct cgroup *group = group_of(set), *below = 0;

	for (int level = 0; level < GROUP_DEPTH && group; level++) {
		struct cgroup_subsys_state *parent;

		if (BPF_CORE_READ(group, kn, id) == options.group)
			return !options.child[0] || (below && has_name(below));
		below = group;
		parent = BPF_CORE_READ(group, self.parent);
		group = parent ? BPF_CORE_READ(parent, cgroup) : 0;
	}
	return false;
}

#endif
