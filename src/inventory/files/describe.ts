// SPDX-License-Identifier: Apache-2.0
import {
  decodeFileCapabilities,
  type FileCapabilities,
  formatFileCapabilities,
} from "../../capabilities/file-capabilities.ts";
import { capabilityNames } from "../../capabilities/set.ts";
import { readContent } from "../../linux/files/content.ts";
import type { FileHit } from "../../linux/files/messages.ts";
import { DirectoryReader, isWritableByOthers } from "../../linux/files/permissions.ts";
import type { PackageAnswer, PackagedFile } from "../../linux/packages/model.ts";
import { parseAccounts } from "../../linux/procfs/machine.ts";
import type { MountInfo } from "../../linux/procfs/mount-info.ts";
import { readText, textOrNull } from "../../linux/procfs/read-text.ts";
import type { ListedCapabilities, ListedFile, ListedPackage } from "../model.ts";
import { assessFileFlags } from "./flags.ts";
import { isOnNosuid } from "./mounts.ts";

/** Names of one file. */
export interface FoundFile {
  readonly hit: FileHit;
  readonly otherPaths: readonly string[];
}

/** Describes files for one report; what is the same for all of them is read once. */
export class FileDescriber {
  readonly #directories = new DirectoryReader();
  readonly #users = readNames("/etc/passwd");
  readonly #groups = readNames("/etc/group");
  readonly #mounts: readonly MountInfo[];
  readonly #packages: PackageAnswer;
  /** Files whose content could not be read. */
  unreadable = 0;

  constructor(mounts: readonly MountInfo[], packages: PackageAnswer) {
    this.#mounts = mounts;
    this.#packages = packages;
  }

  describe({ hit, otherPaths }: FoundFile): ListedFile {
    const { path, mode, uid, gid } = hit;
    const capabilities = decode(hit);
    const packaged = this.#packages.files.get(path) ?? null;
    const content = readContent(path, packaged?.digest?.algorithm ?? null);
    if (content === null) this.unreadable++;
    const listedPackage =
      packaged === null ? null : comparePackage(packaged, hit, capabilities, content?.digest);
    const directories = this.#directories.replaceable(path, uid);
    return {
      path,
      otherPaths,
      mode: mode.toString(8).padStart(4, "0"),
      uid,
      gid,
      owner: this.#users.get(uid) ?? null,
      group: this.#groups.get(gid) ?? null,
      setuid: (mode & 0o4000) !== 0,
      setgid: (mode & 0o2010) === 0o2010,
      capabilities: capabilities === null ? null : listCapabilities(capabilities),
      undecodedAttribute:
        hit.attribute !== null && capabilities === null
          ? Buffer.from(hit.attribute, "latin1").toString("hex")
          : null,
      package: listedPackage,
      flags: assessFileFlags({
        path,
        mode,
        capabilities,
        undecodable: hit.attribute !== null && capabilities === null,
        isScript: content?.isScript ?? null,
        writableByOthers: isWritableByOthers({ mode, uid, gid }, uid),
        inWritableDirectory: directories.length > 0,
        onNosuid: isOnNosuid(path, this.#mounts),
        package: listedPackage,
        hasPackages: this.#packages.managers.length > 0,
      }),
    };
  }
}

/** Both files have the name first and the number third. */
function readNames(path: string): ReadonlyMap<number, string> {
  return parseAccounts(textOrNull(readText(path)) ?? "");
}

function decode({ attribute }: FileHit): FileCapabilities | null {
  return attribute === null ? null : decodeFileCapabilities(Buffer.from(attribute, "latin1"));
}

/** As a report has them. */
export function listCapabilities(capabilities: FileCapabilities): ListedCapabilities {
  return {
    text: formatFileCapabilities({ ...capabilities, rootUid: null }),
    permitted: capabilityNames(capabilities.permitted),
    inheritable: capabilityNames(capabilities.inheritable),
    effective: capabilities.effective,
    rootUid: capabilities.rootUid,
  };
}

function comparePackage(
  packaged: PackagedFile,
  { mode }: FileHit,
  capabilities: FileCapabilities | null,
  digest: string | null | undefined,
): ListedPackage {
  const { manager, name } = packaged;
  const text = capabilities === null ? "" : formatFileCapabilities(capabilities);
  return {
    manager,
    name,
    contentMatches:
      packaged.digest === null || digest === null || digest === undefined
        ? null
        : digest === packaged.digest.hex,
    modeMatches: packaged.mode === null ? null : packaged.mode === mode,
    capabilitiesMatch:
      packaged.capabilities === null ? null : sameText(packaged.capabilities, text),
  };
}

/** rpm writes "cap_net_raw=ep", and "= cap_net_raw+ep" before libcap 2.43. */
function sameText(one: string, other: string): boolean {
  const normal = (text: string): string => text.replace(/^=\s*/, "").replaceAll("+", "=").trim();
  return normal(one) === normal(other);
}
