// SPDX-License-Identifier: Apache-2.0
import type { ContainerDeclaration, Setting, Word } from "../model.ts";

type SecurityOptions = Pick<ContainerDeclaration, "noNewPrivileges" | "seccomp">;

/**
 * What --security-opt and security_opt say: "no-new-privileges", "no-new-privileges:true" or
 * "=false", "seccomp=unconfined" or a path. Source: docker-run(1), parseSecurityOpts() in moby.
 */
export function securityOptions(words: readonly Word[]): SecurityOptions {
  let noNewPrivileges: Setting<boolean> | null = null;
  let seccomp: Setting<string> | null = null;
  for (const { text, start, end } of words) {
    const [, name = "", value = ""] = /^([^=:]+)(?:[=:](.*))?$/s.exec(text) ?? [];
    if (name === "no-new-privileges") noNewPrivileges = { value: value !== "false", start, end };
    else if (name === "seccomp") seccomp = { value, start, end };
  }
  return { noNewPrivileges, seccomp };
}
