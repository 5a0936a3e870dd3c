/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What all programs share: options and counters. */
#ifndef CAPSCOPE_STATE_BPF_H
#define CAPSCOPE_STATE_BPF_H

#include "vmlinux-subset.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "capability-trace.h"

/*
 * The verifier looks at each pointer that a program follows by itself, which makes the load slow;
 * BPF_CORE_READ() copies without it. What every check reads is read directly all the same.
 */

const volatile struct trace_options options SEC(".rodata.options");
struct trace_state state;

#endif
