// SPDX-License-Identifier: Apache-2.0
import type { Rule } from "../rule.ts";
import { AUDIT_RULES } from "./audit.ts";
import { CLAIM_RULES } from "./claims.ts";
import { CONTAINER_RULES } from "./containers.ts";
import { FILE_CAPABILITY_RULES } from "./file-capabilities.ts";
import { IMAGE_RULES } from "./images.ts";
import { KUBERNETES_RULES } from "./kubernetes.ts";
import { LOST_CAPABILITY_RULES } from "./lost-capabilities.ts";
import { POLICY_RULES } from "./policies.ts";
import { RECIPE_RULES } from "./recipes.ts";
import { SYSTEMD_COMMAND_RULES } from "./systemd-commands.ts";
import { SYSTEMD_NAME_RULES } from "./systemd-names.ts";
import { SYSTEMD_SET_RULES } from "./systemd-sets.ts";

/** All rules, in the order of docs/lint-rules.md. */
export const RULES: readonly Rule[] = [
  ...SYSTEMD_NAME_RULES,
  ...SYSTEMD_SET_RULES,
  ...SYSTEMD_COMMAND_RULES,
  ...CONTAINER_RULES,
  ...KUBERNETES_RULES,
  ...POLICY_RULES,
  ...AUDIT_RULES,
  ...FILE_CAPABILITY_RULES,
  ...LOST_CAPABILITY_RULES,
  ...IMAGE_RULES,
  ...RECIPE_RULES,
  ...CLAIM_RULES,
];
