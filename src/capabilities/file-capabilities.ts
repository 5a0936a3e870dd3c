// SPDX-License-Identifier: Apache-2.0
import { formatLibcapText } from "./libcap-text.ts";
import { type CapabilitySet, EMPTY_SET } from "./set.ts";

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

/** The text that getcap -n(8) prints: `cap_net_raw=ep`; ` [rootid=1000]` follows when there is one. */
export function formatFileCapabilities(caps: FileCapabilities): string {
  const { permitted, inheritable, rootUid } = caps;
  // The kernel has one bit for all; libcap shows it as a set.
  const effective = caps.effective ? permitted | inheritable : EMPTY_SET;
  const text = formatLibcapText({ effective, inheritable, permitted });
  return text + (rootUid === null ? "" : ` [rootid=${rootUid}]`);
}

/**
 * Encodes the attribute as setcap(8) writes it: version 2, or 3 when there is a root uid. Version 1
 * is never written.
 */
export function encodeFileCapabilities(caps: FileCapabilities): Uint8Array {
  const { permitted, inheritable, effective, rootUid } = caps;
  const view = new DataView(new ArrayBuffer(rootUid === null ? 20 : 24));
  const version = rootUid === null ? 0x02000000 : 0x03000000;
  view.setUint32(0, version + (effective ? EFFECTIVE : 0), true);
  for (const word of [0, 1]) {
    const shift = BigInt(32 * word);
    view.setUint32(4 + word * 8, Number((permitted >> shift) & 0xffffffffn), true);
    view.setUint32(8 + word * 8, Number((inheritable >> shift) & 0xffffffffn), true);
  }
  if (rootUid !== null) view.setUint32(20, rootUid, true);
  return new Uint8Array(view.buffer);
}
