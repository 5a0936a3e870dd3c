// SPDX-License-Identifier: Apache-2.0
import type { HardenTarget } from "../../src/harden/model.ts";

/** A path as a shell reads it whole. */
const WORD = String.raw`(?:/[\w@%+=:,./-]*|'(?:[^'\p{C}]|'\\'')+')`;

/** Lines that have names in them; all others are the same for every profile with this set. */
export const NAMED_LINES: Readonly<Record<HardenTarget, RegExp>> = {
  systemd: /^User=33$/,
  quadlet: /^ContainerName=[a-z0-9-]+$/,
  docker: /^ {4}--name=[a-z0-9-]+ \\$/,
  podman: /^ {4}--name=[a-z0-9-]+ \\$/,
  compose: /^ {2}"[a-z0-9-]+":$/,
  kubernetes: /^ +(?:- )?(?:name|app\.kubernetes\.io\/name): "[a-z0-9-]+"$/,
  kyverno:
    /^ +(?:app\.kubernetes\.io\/name|name|policies\.kyverno\.io\/title): "(?:capabilities-of-|Capabilities of )?[a-z0-9-]+"$/,
  auditd:
    /^-a always,exit (?:-F arch=b(?:32|64) -S \S+(?: -F (?:a[01]=\d+|exit=-EPERM))*(?: -F exe=\/[\w@%+=:,./-]+)?|-F path=\/[\w@%+=:,./-]+ -F perm=wa) -F key=cap-[a-z0-9-]+$/,
  file: new RegExp(
    [
      "getent group [a-z0-9-]+ >/dev/null \\|\\| groupadd --system [a-z0-9-]+",
      `\\[ -f ${WORD} \\] && \\[ ! -h ${WORD} \\] \\|\\| \\{ echo 'not a plain file' >&2; exit 1; \\}`,
      `(?:chgrp [a-z0-9-]+|chmod u=rwx,g=rx,o=|setcap (?:-v )?'[a-z_,]+\\+ep') ${WORD}`,
    ]
      .map((line) => `^${line}$`)
      .join("|"),
    "u",
  ),
  c: /^$/,
  "c-libcap": /^$/,
  python: /^$/,
  go: /^$/,
  rust: /^$/,
  nix: /^(?: {2}systemd\.services\."[A-Za-z0-9:_.\\@-]+"\.serviceConfig = \{| {4}User = lib\.mkForce "33";)$/,
  ansible:
    /^ +(?:path|dest|name): '(?:\/etc\/systemd\/system\/)?[A-Za-z0-9:_.\\@-]+\.service(?:\.d(?:\/50-capabilities\.conf)?)?'$|^ {6}User=33$/,
};
