# SPDX-License-Identifier: Apache-2.0
"""Runs commands one at a time and reports what each one cost.

A request is a line of fields with tabs between them: time limit in ms, file for stdout, file for
stderr, command and its arguments. The answer is a line with the same separator: wall time in ms,
CPU time in ms, peak memory in KiB, peak memory of this script in KiB (the least that it can see a
command use), exit status (-1 after a signal), 1 if the limit was reached. Ends at end of file.

It is Python because wait4(2), which alone gives the peak memory of one child, is in its standard
library; it imports little because its own memory is the least that it can measure.
"""

import os
import signal
import sys
import time

running = 0


def kill_running(_signal, _frame):
    if running:
        try:
            os.kill(running, signal.SIGKILL)
        except ProcessLookupError:
            # It has ended by itself, and wait4 is about to return.
            return


def kill_running_and_exit(_signal, _frame):
    kill_running(None, None)
    os._exit(1)


def measure(limit_ms, stdout, stderr, argv):
    global running
    clock_read, clock_write = os.pipe()
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    streams = (
        os.open("/dev/null", os.O_RDONLY),
        os.open(stdout, flags, 0o600),
        os.open(stderr, flags, 0o600),
    )
    # fork, not vfork: ru_maxrss survives exec, so the child must not start with all of our memory.
    running = os.fork()
    if running == 0:
        execute(streams, argv, clock_write)
    signal.setitimer(signal.ITIMER_REAL, limit_ms / 1000)
    _, status, usage = os.wait4(running, 0)
    end = time.monotonic_ns()
    running = 0
    timed_out = signal.setitimer(signal.ITIMER_REAL, 0)[0] == 0
    for descriptor in (clock_write, *streams):
        os.close(descriptor)
    start = int(os.read(clock_read, 32) or end)
    os.close(clock_read)
    cpu_ms = (usage.ru_utime + usage.ru_stime) * 1000
    code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else -1
    return (end - start) / 1e6, cpu_ms, usage.ru_maxrss, own_peak_kib(), code, int(timed_out)


def execute(streams, argv, clock):
    """In the child: as little as possible, because its cost counts as the command's."""
    try:
        for standard in (0, 1, 2):
            os.dup2(streams[standard], standard)
        # Wall time begins here: to fork this script is no part of the command.
        os.write(clock, b"%d" % time.monotonic_ns())
        os.execvp(argv[0], argv)
    except OSError as error:
        os.write(2, f"{argv[0]}: {error.strerror}\n".encode())
    finally:
        os._exit(127)


def own_peak_kib():
    """Not ru_maxrss of this process: that still has the peak of whoever executed it."""
    with open("/proc/self/status", "rb") as status:
        for line in status:
            if line.startswith(b"VmHWM:"):
                return int(line.split()[1])
    return 0


def main():
    # Ctrl-C reaches the whole process group; the parent decides what ends, and in which order.
    # A handler that does nothing, because an ignored signal would stay ignored after exec.
    signal.signal(signal.SIGINT, lambda _signal, _frame: None)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, kill_running_and_exit)
    signal.signal(signal.SIGALRM, kill_running)
    for line in sys.stdin:
        limit_ms, stdout, stderr, *argv = line.rstrip("\n").split("\t")
        print(*measure(float(limit_ms), stdout, stderr, argv), sep="\t", flush=True)


main()
