// SPDX-License-Identifier: Apache-2.0
import type { FilesReport, ListedFile } from "../../../src/inventory/model.ts";
import type { Gap } from "../../../src/process/model.ts";

function listedFile(path: string, parts: Partial<ListedFile> = {}): ListedFile {
  return {
    path,
    otherPaths: [],
    mode: "0755",
    uid: 0,
    gid: 0,
    owner: "root",
    group: "root",
    setuid: false,
    setgid: false,
    capabilities: null,
    undecodedAttribute: null,
    package: null,
    flags: [],
    ...parts,
  };
}

function packaged(name: string): ListedFile["package"] {
  return {
    manager: "dpkg",
    name,
    contentMatches: true,
    modeMatches: null,
    capabilitiesMatch: null,
  };
}

function report(
  files: readonly ListedFile[],
  gaps: readonly Gap[] = [],
  parts: Partial<FilesReport> = {},
): FilesReport {
  return {
    schemaVersion: 1,
    kind: "files",
    tool: { name: "capscope", version: "0.1.0" },
    host: { name: "host.example", kernel: "6.12.0" },
    time: "2026-06-09T12:00:00.000Z",
    roots: ["/"],
    files,
    skippedMounts: [
      { path: "/proc", type: "proc", reason: "kernel" },
      { path: "/srv/share", type: "nfs4", reason: "network" },
    ],
    packageManagers: ["dpkg"],
    coverage: {
      complete: !gaps.some(({ incomplete }) => incomplete),
      filesSeen: 250_000,
      directoriesSeen: 20_000,
      unreadable: gaps.length,
      gaps,
    },
    ...parts,
  };
}

export const FILES_SCENARIOS: Readonly<Record<string, FilesReport>> = {
  server: report([
    listedFile("/opt/tool/python3.11", {
      capabilities: {
        text: "cap_setuid=ep",
        permitted: ["setuid"],
        inheritable: [],
        effective: true,
        rootUid: null,
      },
      flags: ["gives-root", "interpreter", "in-writable-directory", "not-from-package"],
    }),
    listedFile("/usr/bin/mount", {
      mode: "4755",
      setuid: true,
      package: { ...packaged("mount"), contentMatches: false } as ListedFile["package"],
      flags: ["differs-from-package"],
    }),
    listedFile("/usr/bin/newuidmap", {
      capabilities: {
        text: "cap_setuid=ep",
        permitted: ["setuid"],
        inheritable: [],
        effective: true,
        rootUid: 100_000,
      },
      package: packaged("uidmap"),
      flags: ["root-id"],
    }),
    listedFile("/usr/bin/perl", {
      otherPaths: ["/usr/bin/perl5.36.0"],
      capabilities: {
        text: "cap_net_raw=i",
        permitted: [],
        inheritable: ["net_raw"],
        effective: false,
        rootUid: null,
      },
      package: packaged("perl-base"),
      flags: ["interpreter", "inheritable-only"],
    }),
    listedFile("/usr/bin/ping", {
      capabilities: {
        text: "cap_net_raw=ep",
        permitted: ["net_raw"],
        inheritable: [],
        effective: true,
        rootUid: null,
      },
      package: packaged("iputils-ping"),
    }),
    listedFile("/usr/bin/ssh-agent", {
      mode: "2755",
      gid: 101,
      group: "_ssh",
      setgid: true,
      package: packaged("openssh-client"),
    }),
  ]),
  hostile: report(
    [
      listedFile("/tmp/\u001b[2J a\n\u202e", {
        uid: 4321,
        gid: 4321,
        owner: null,
        group: null,
        mode: "6777",
        setuid: true,
        setgid: true,
        flags: ["writable-by-others", "not-from-package"],
      }),
      listedFile("/tmp/\udce9", {
        otherPaths: ["/tmp/\u{e0041}"],
        owner: "al\tice",
        undecodedAttribute: "00ff",
        flags: ["undecodable"],
      }),
    ],
    [
      {
        code: "files-unreadable",
        incomplete: true,
        count: 1,
        message: "could not be read (EACCES): /ro\u0007ot",
        remedy: "run as root",
      },
    ],
    { skippedMounts: [{ path: "/mnt/\u001b[31m", type: "fuse.\u0007", reason: "network" }] },
  ),
  empty: report([], [], { skippedMounts: [], packageManagers: [] }),
};
