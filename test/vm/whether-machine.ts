// SPDX-License-Identifier: Apache-2.0
import { existsSync } from "node:fs";

const NEEDED = {
  "qemu-system-x86_64": "qemu-system-x86",
  "apt-get": "apt",
  "dpkg-deb": "dpkg",
  xz: "xz-utils",
} as const;
const FILES = {
  "/bin/busybox": "busybox-static",
  "/usr/sbin/depmod": "kmod",
  "/usr/share/keyrings/debian-archive-keyring.gpg": "debian-archive-keyring",
} as const;

/** Why no guest can be run on this machine; null when one can. */
export function whyNoMachine(): string | null {
  if (process.arch !== "x64") return `the kernels are for x86-64, this machine is ${process.arch}`;
  if (process.geteuid?.() !== 0) return "needs root, to show the guest files of all users";
  const programs = Object.entries(NEEDED).filter(([name]) => Bun.which(name) === null);
  const files = Object.entries(FILES).filter(([path]) => !existsSync(path));
  const packages = [...programs, ...files].map(([, name]) => name);
  return packages.length === 0 ? null : `Debian packages are missing: ${packages.join(" ")}`;
}
