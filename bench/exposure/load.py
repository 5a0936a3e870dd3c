# SPDX-License-Identifier: Apache-2.0
"""Builds the load: load.py PROCESSES DESCRIPTORS LISTENERS ADDRESSES, the middle two per process.

It must be pid 1 of namespaces of its own (`unshare --net --pid --fork --mount-proc`): whatever ends
it, end of file on stdin included, ends every process and socket of the load with it. When all is
open, it prints one line of JSON.
"""

import json
import os
import resource
import signal
import sys

from descriptors import Fillers, Listeners
from interfaces import create_interfaces

# stdin, stdout, stderr and the pipe that each process waits on.
OWN_DESCRIPTORS = 4
# What this process has open besides the descriptors of the child that it is about to fork.
SPARE_DESCRIPTORS = 64
INHERITED_MAX = 1024
# Of ten processes, one has a listener in common with its neighbour, as workers of one server do.
SHARING_CYCLE = 10


def main():
    if os.getpid() != 1:
        raise SystemExit("load: not pid 1 of a namespace of its own")
    # Ctrl-C reaches the whole process group; the parent ends the load by closing stdin.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    processes, descriptors, listeners, addresses = (int(word) for word in sys.argv[1:])
    # Whatever the caller left open would be in every process of the load.
    os.closerange(3, INHERITED_MAX)
    raise_descriptor_limit(descriptors + SPARE_DESCRIPTORS)
    build(processes, descriptors, listeners, addresses)
    sys.stdin.read()


def raise_descriptor_limit(needed):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise SystemExit(f"load: the limit of {hard} descriptors is below the {needed} needed")
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def build(processes, descriptors, listeners, addresses):
    listener_source = Listeners(*create_interfaces(addresses))
    filler_source = Fillers()
    gate = os.pipe()
    private = (gate[1], filler_source.hub.fileno())
    shared = []
    for number in range(processes):
        opened = [listener_source.open() for _ in range(listeners)]
        opened += shared[: descriptors - OWN_DESCRIPTORS - listeners]
        opened += filler_source.open(descriptors - OWN_DESCRIPTORS - len(opened))
        shared = [os.dup(opened[0])] if number % SHARING_CYCLE == 0 and listeners else []
        start_process(number, gate[0], (*private, *shared))
        for descriptor in opened:
            os.close(descriptor)
    print(json.dumps({"listeners": listener_source.opened}), flush=True)


def start_process(number, gate, private):
    """Forks a process that keeps what is open now and does nothing else."""
    if os.fork() != 0:
        return
    try:
        null = os.open("/dev/null", os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(null, standard)
        for descriptor in (null, *private):
            os.close(descriptor)
        comm = os.open("/proc/self/comm", os.O_WRONLY)
        os.write(comm, b"service-%d" % number)
        os.close(comm)
        os.read(gate, 1)
    finally:
        os._exit(0)


main()
