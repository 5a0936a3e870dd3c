// SPDX-License-Identifier: Apache-2.0
import type { Generator } from "./draft.ts";
import type { HardenTarget } from "./model.ts";
import { draftAnsible } from "./targets/ansible-task.ts";
import { draftAuditd } from "./targets/auditd.ts";
import { draftCLibcap } from "./targets/c-libcap-program.ts";
import { draftC } from "./targets/c-program.ts";
import { draftCompose } from "./targets/compose.ts";
import { draftDocker, draftPodman } from "./targets/containers.ts";
import { draftFileCapabilities } from "./targets/file-capabilities.ts";
import { draftGo } from "./targets/go-program.ts";
import { draftKubernetes } from "./targets/kubernetes.ts";
import { draftKyverno } from "./targets/kyverno.ts";
import { draftNix } from "./targets/nix-module.ts";
import { draftPython } from "./targets/python-program.ts";
import { draftQuadlet } from "./targets/quadlet.ts";
import { draftRust } from "./targets/rust-program.ts";
import { draftSystemd } from "./targets/systemd.ts";

/** What writes each target. */
export const GENERATORS: Readonly<Record<HardenTarget, Generator>> = {
  systemd: draftSystemd,
  quadlet: draftQuadlet,
  docker: draftDocker,
  podman: draftPodman,
  compose: draftCompose,
  kubernetes: draftKubernetes,
  kyverno: draftKyverno,
  auditd: draftAuditd,
  file: draftFileCapabilities,
  c: draftC,
  "c-libcap": draftCLibcap,
  python: draftPython,
  go: draftGo,
  rust: draftRust,
  nix: draftNix,
  ansible: draftAnsible,
};
