// SPDX-License-Identifier: Apache-2.0
import { type CapabilitySet, capabilityNames } from "./set.ts";

/** A decoded `security.capability` extended attribute. */
export interface FileCapabilities {
  readonly permitted: CapabilitySet;
  readonly inheritable: CapabilitySet;
  readonly effective: boolean;
  /** Version 3 only: the uid that is root in the user namespace in which they count. */
  readonly rootUid: number | null;
}

const VERSION_MASK = 0xff000000;
const EFFECTIVE = 0x000001;
/** Version to number of (permitted, inheritable) word pairs. */
const WORDS = new Map([
  [0x01000000, 1],
  [0x02000000, 2],
  [0x03000000, 2],
]);

/**
 * Decodes struct vfs_cap_data or vfs_ns_cap_data (little-endian on every machine); null when it is
 * not one. Source: include/uapi/linux/capability.h.
 */
export function decodeFileCapabilities(bytes: Uint8Array): FileCapabilities | null {
  if (bytes.length < 4) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = view.getUint32(0, true);
  const version = (magic & VERSION_MASK) >>> 0;
  const words = WORDS.get(version);
  const hasRoot = version === 0x03000000;
  if (words === undefined || bytes.length !== 4 + words * 8 + (hasRoot ? 4 : 0)) return null;
  let permitted = 0n;
  let inheritable = 0n;
  for (let word = 0; word < words; word++) {
    const shift = BigInt(32 * word);
    permitted |= BigInt(view.getUint32(4 + word * 8, true)) << shift;
    inheritable |= BigInt(view.getUint32(8 + word * 8, true)) << shift;
  }
  return {
    permitted,
    inheritable,
    effective: (magic & EFFECTIVE) !== 0,
    rootUid: hasRoot ? view.getUint32(4 + words * 8, true) : null,
  };
}

/** cap_to_text(3) form such as `cap_net_raw=ep`; `[rootid=1000]` follows when there is one. */
export function formatFileCapabilities(caps: FileCapabilities): string {
  const groups = new Map<string, CapabilitySet>();
  const both = caps.permitted & caps.inheritable;
  const effective = caps.effective ? "e" : "";
  addGroup(groups, `${effective}ip`, both);
  addGroup(groups, `${effective}p`, caps.permitted & ~both);
  addGroup(groups, `${effective}i`, caps.inheritable & ~both);
  const clauses = [...groups].map(
    ([flags, set]) =>
      `${capabilityNames(set)
        .map((name) => (name.startsWith("cap_") ? name : `cap_${name}`))
        .join(",")}=${flags}`,
  );
  // The attribute is there, and root gets nothing from the file: not the same as none.
  if (clauses.length === 0) clauses.push("=");
  const rootId = caps.rootUid === null ? "" : ` [rootid=${caps.rootUid}]`;
  return clauses.join(" ") + rootId;
}

function addGroup(groups: Map<string, CapabilitySet>, flags: string, set: CapabilitySet): void {
  if (set !== 0n) groups.set(flags, set);
}
