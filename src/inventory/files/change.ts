// SPDX-License-Identifier: Apache-2.0
import {
  decodeFileCapabilities,
  encodeFileCapabilities,
  type FileCapabilities,
} from "../../capabilities/file-capabilities.ts";
import { readContent } from "../../linux/files/content.ts";
import { isWritableByOthers } from "../../linux/files/permissions.ts";
import { resolveDirectory } from "../../linux/files/resolve.ts";
import { readHost } from "../../linux/procfs/machine.ts";
import { readMountInfo } from "../../linux/procfs/mount-info.ts";
import { CapabilityFile, type FileLook } from "../../linux/xattr/capability-file.ts";
import type { FileChange, ListedCapabilities } from "../model.ts";
import { reportHead } from "../report-head.ts";
import { listCapabilities } from "./describe.ts";
import { execOutcomes } from "./exec-outcomes.ts";
import { isOnNosuid } from "./mounts.ts";

export interface ChangeOptions {
  readonly time: Date;
  readonly path: string;
  /** Null removes what is there. */
  readonly capabilities: FileCapabilities | null;
  /** Refuse a path any part of which is a symbolic link. */
  readonly noLinks: boolean;
  /** Only look. */
  readonly dryRun: boolean;
}

/**
 * Sets or removes the capabilities of one regular file, and says what the kernel makes of it.
 * Throws UnsupportedError when it is no regular file, when it changed meanwhile, or when the kernel
 * or its file system does not allow it.
 */
export async function changeFileCapabilities(options: ChangeOptions): Promise<FileChange> {
  const { path, capabilities, dryRun } = options;
  using file = await CapabilityFile.open(path, options.noLinks);
  const look = file.look();
  const wanted = capabilities === null ? null : encodeFileCapabilities(capabilities);
  const changes = !sameBytes(look.attribute, wanted);
  if (changes && !dryRun) file.change(wanted);
  const onNosuid = isOnNosuid(resolveDirectory(path, true) ?? path, readMountInfo() ?? []);
  return {
    ...reportHead("file-change", options.time),
    path,
    action: capabilities === null ? "remove" : "set",
    dryRun,
    changes,
    before: listAttribute(look.attribute),
    after: capabilities === null ? null : listCapabilities(capabilities),
    outcomes: execOutcomes({ ...look, capabilities, nosuid: onNosuid }, readHost().kernel),
    notes: notesOf(path, look, capabilities, onNosuid),
  };
}

function sameBytes(one: Uint8Array | null, other: Uint8Array | null): boolean {
  if (one === null || other === null) return one === other;
  return Buffer.from(one).equals(other);
}

function listAttribute(attribute: Uint8Array | null): ListedCapabilities | null {
  const capabilities = attribute === null ? null : decodeFileCapabilities(attribute);
  return capabilities === null ? null : listCapabilities(capabilities);
}

function notesOf(
  path: string,
  look: FileLook,
  capabilities: FileCapabilities | null,
  onNosuid: boolean,
): readonly string[] {
  const notes: string[] = [];
  if (look.links > 1) notes.push(`the file has ${look.links} names: all of them are changed`);
  if (capabilities === null) return notes;
  if (readContent(path, null)?.isScript === true) {
    notes.push("it is a script: the kernel runs its interpreter, and ignores what the script has");
  }
  if (onNosuid) notes.push("it is on a nosuid mount: the kernel ignores what it has");
  if ((look.mode & 0o111) === 0) notes.push("nobody may execute it, now");
  if (isWritableByOthers(look, look.uid)) {
    notes.push("others may write it, which takes its capabilities away");
  }
  if (capabilities.rootUid !== null) {
    notes.push(
      `it counts only in user namespaces whose root is uid ${capabilities.rootUid}, and below them`,
    );
  }
  notes.push(
    "writing to the file and chown(2) take capabilities away, chmod(2) does not; an upgrade that replaces the file does, and a copy has none",
  );
  return notes;
}
