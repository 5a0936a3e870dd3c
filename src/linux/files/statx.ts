// SPDX-License-Identifier: Apache-2.0
import type { FileHit } from "./messages.ts";

/** struct statx (include/uapi/linux/stat.h), the same on every architecture. */
const STX_NLINK = 16;
const STX_UID = 20;
const STX_GID = 24;
const STX_MODE = 28;
const STX_INO = 32;
const STX_DEV_MAJOR = 136;
const STX_DEV_MINOR = 140;

export const S_IFMT = 0o170000;
export const S_IFDIR = 0o040000;
export const S_IFREG = 0o100000;
export const SET_ID_BITS = 0o6000;

/** Type and permission bits. */
export function modeAt(view: DataView, at: number): number {
  return view.getUint16(at + STX_MODE, true);
}

/** What a struct statx says of a file, but for its name. */
export function decodeStatx(view: DataView, at: number): Omit<FileHit, "path" | "attribute"> {
  const [major, minor] = [STX_DEV_MAJOR, STX_DEV_MINOR].map((field) =>
    view.getUint32(at + field, true),
  );
  return {
    device: `${major}:${minor}`,
    inode: Number(view.getBigUint64(at + STX_INO, true)),
    links: view.getUint32(at + STX_NLINK, true),
    mode: modeAt(view, at) & 0o7777,
    uid: view.getUint32(at + STX_UID, true),
    gid: view.getUint32(at + STX_GID, true),
  };
}
