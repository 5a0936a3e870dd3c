# SPDX-License-Identifier: Apache-2.0
"""Carries out the plan (JSON) in its first argument, prints what it opened, waits for end of input.

{"sockets": [...], "steps": [{"do": NAME, "with": VALUE}], "holder": WHO, "workers": N}

holder: who keeps the descriptors
  process         this process (default)
  workers         this process and N forked ones
  in-flight       nobody: they are queued in a UNIX socket
  thread-table    a thread with a descriptor table of its own
  orphaned-thread a thread whose leader has exited
  thread-namespace  a thread that opened them in its own network namespace
threadSteps: steps that one more thread takes, for itself alone
"""

import json
import os
import signal
import sys
import threading

import sockets as opening
import steps as stepping
import system_calls as calls


def main():
    plan = json.loads(sys.argv[1])
    holder = plan.get("holder", "process")
    if holder == "orphaned-thread":
        return leave_to_thread(plan)
    if holder in ("thread-table", "thread-namespace"):
        return open_in_thread(plan, holder)
    opened, facts = open_all(plan)
    keep = stepping.in_flight(opened) if holder == "in-flight" else opened
    extra = {}
    if "threadSteps" in plan:
        extra["tid"] = start_thread(lambda: stepping.take_steps(plan["threadSteps"]))
    stepping.take_steps(plan.get("steps", []))
    if holder == "workers":
        extra["workers"] = fork_workers(plan["workers"])
    report_and_wait(facts, extra)
    return keep


def open_all(plan):
    opened = [opening.open_socket(spec) for spec in plan.get("sockets", [])]
    return opened, [opening.describe(each) for each in opened]


def report_and_wait(facts, extra):
    # /proc/self is this process as the mounted procfs numbers it, also in a PID namespace.
    pid = extra.pop("pid", None) or process_id()
    print(json.dumps({"pid": pid, "sockets": facts, **extra}), flush=True)
    sys.stdin.buffer.read()
    os._exit(0)


def process_id():
    try:
        return int(os.readlink("/proc/self"))
    except OSError:
        return os.getpid()


def fork_workers(count):
    workers = []
    for _ in range(count):
        pid = os.fork()
        if pid == 0:
            calls.die_with_parent()
            # The parent's end of input must reach the parent alone.
            os.close(0)
            while True:
                signal.pause()
        workers.append(pid)
    return workers


def start_thread(action):
    """Runs the action in a new thread that then stays; returns its thread id."""
    ready = threading.Event()
    result = {}

    def body():
        result["tid"] = calls.raw("gettid")
        try:
            action()
        except BaseException as error:  # reported by the waiting thread
            result["error"] = error
        ready.set()
        threading.Event().wait()

    threading.Thread(target=body, daemon=True).start()
    ready.wait()
    if "error" in result:
        raise result["error"]
    return result["tid"]


def open_in_thread(plan, holder):
    result = {}

    def action():
        flags = calls.CLONE_NEWNET if holder == "thread-namespace" else calls.CLONE_FILES
        calls.unshare(flags)
        result["opened"], result["facts"] = open_all(plan)

    tid = start_thread(action)
    stepping.take_steps(plan.get("steps", []))
    report_and_wait(result["facts"], {"tid": tid})


def leave_to_thread(plan):
    opened, facts = open_all(plan)
    pid = process_id()

    def body():
        while thread_group_leader_alive(pid):
            os.sched_yield()
        report_and_wait(facts, {"pid": pid, "tid": calls.raw("gettid"), "kept": len(opened)})

    threading.Thread(target=body, daemon=True).start()
    # ctypes releases the interpreter lock around the call, so the thread goes on without us.
    calls.raw("exit", 0)


def thread_group_leader_alive(pid):
    with open(f"/proc/self/task/{pid}/stat", encoding="latin-1") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0] != "Z"


main()
