// SPDX-License-Identifier: Apache-2.0

/** A command that is traced on several kernels and by several ways in, to compare. */
export interface ComparedCommand {
  /** Words before the tracer: the namespaces in which it harms nobody. */
  readonly prefix: readonly string[];
  readonly argv: readonly string[];
}

const NETWORK = ["unshare", "--net", "--"];
const NAMES_AND_NETWORK = ["unshare", "--uts", "--net", "--"];
const FILES = ["unshare", "--mount", "--propagation", "private", "--"];
const NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
const shell = (...commands: string[]): string[] => ["sh", "-c", commands.join(" && ")];

/** By a name for each. */
export const COMPARED_COMMANDS: Readonly<Record<string, ComparedCommand>> = {
  "nothing but an exec": { prefix: [], argv: ["/bin/true"] },
  "a low port": {
    prefix: NETWORK,
    argv: ["/usr/bin/python3", "-c", "import socket; socket.socket().bind(('127.0.0.1', 81))"],
  },
  "another user who may not change an owner": {
    prefix: [],
    argv: [...NOBODY, "chown", "--silent", "0", "/etc/passwd"],
  },
  "a mount, other owners and a device": {
    prefix: FILES,
    argv: shell(
      "mount -t tmpfs none /mnt",
      "cd /mnt",
      "touch a",
      "chown 1 a",
      "chmod 600 a",
      "mknod b c 1 3",
    ),
  },
  "another root directory, priority, host name and interface": {
    prefix: NAMES_AND_NETWORK,
    argv: shell(
      "chroot / /bin/true",
      "nice -n -5 /bin/true",
      "hostname compared",
      "ip link set lo mtu 1400",
    ),
  },
};

/** Environment variable with the needed sets of another kernel, by the command's name, as JSON. */
export const OTHER_SETS = "CAPSCOPE_TEST_HOST_SETS";
