// SPDX-License-Identifier: Apache-2.0
import { FILE_CAPABILITIES } from "./files.ts";
import { IDENTITY_CAPABILITIES } from "./identity.ts";
import { LOGGING_CAPABILITIES } from "./logging.ts";
import { MEMORY_CAPABILITIES } from "./memory.ts";
import type { CapabilityKnowledge } from "./model.ts";
import { NETWORK_CAPABILITIES } from "./network.ts";
import { SYSTEM_CAPABILITIES } from "./system.ts";

const KNOWLEDGE: ReadonlyMap<string, CapabilityKnowledge> = new Map(
  [
    FILE_CAPABILITIES,
    IDENTITY_CAPABILITIES,
    LOGGING_CAPABILITIES,
    MEMORY_CAPABILITIES,
    NETWORK_CAPABILITIES,
    SYSTEM_CAPABILITIES,
  ]
    .flat()
    .map((each) => [each.name, each]),
);

/** What is known of a capability; null for one that is newer than this version. */
export function knowledgeOf(name: string): CapabilityKnowledge | null {
  return KNOWLEDGE.get(name) ?? null;
}
