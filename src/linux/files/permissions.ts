// SPDX-License-Identifier: Apache-2.0
import { lstatSync } from "node:fs";
import { encodeText } from "../bytes.ts";

/** What decides who may write to a file or directory. */
export interface Permissions {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Somebody who is neither root nor `user` may write it. Access control lists are not looked at. */
export function isWritableByOthers({ mode, uid, gid }: Permissions, user: number): boolean {
  const byAll = (mode & 0o002) !== 0;
  const byGroup = (mode & 0o020) !== 0 && gid !== 0;
  const byOwner = (mode & 0o200) !== 0 && uid !== 0 && uid !== user;
  return byAll || byGroup || byOwner;
}

const STICKY = 0o1000;

/** Reads directories on the way to files, each once. */
export class DirectoryReader {
  readonly #known = new Map<string, Permissions | null>();

  /**
   * The directories above an absolute path in which somebody else may put another file in its place,
   * or in that of a directory on the way: by writing to them, without a sticky bit.
   */
  replaceable(path: string, user: number): readonly string[] {
    return directoriesAbove(path).filter((directory) => {
      const permissions = this.#read(directory);
      if (permissions === null) return false;
      // In a sticky directory only the owners of the file and of the directory can.
      const effective =
        (permissions.mode & STICKY) === 0
          ? permissions
          : { ...permissions, mode: permissions.mode & ~0o022 };
      return isWritableByOthers(effective, user);
    });
  }

  #read(path: string): Permissions | null {
    const known = this.#known.get(path);
    if (known !== undefined) return known;
    const permissions = readPermissions(path);
    this.#known.set(path, permissions);
    return permissions;
  }
}

function readPermissions(path: string): Permissions | null {
  try {
    const { mode, uid, gid } = lstatSync(encodeText(path));
    return { mode: mode & 0o7777, uid, gid };
  } catch (error) {
    if (error instanceof Error && "code" in error) return null;
    throw error;
  }
}

/** "/usr/bin/x" is below "/", "/usr" and "/usr/bin". */
function directoriesAbove(path: string): readonly string[] {
  const names = path.split("/").slice(1, -1);
  return ["/", ...names.map((_, at) => `/${names.slice(0, at + 1).join("/")}`)];
}
