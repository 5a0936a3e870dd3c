// SPDX-License-Identifier: Apache-2.0

/** A directory on the way to mount points, so that a walk asks about names only where it has to. */
export class MountNode {
  readonly #below = new Map<string, MountNode>();
  /** A walk does not go into it. */
  isSkipped = false;

  /** Null where nothing is mounted below the name. */
  child(name: string): MountNode | null {
    return this.#below.get(name) ?? null;
  }

  /** The node of an absolute path; null where nothing is mounted below it. */
  find(path: string): MountNode | null {
    let node: MountNode | null = this;
    for (const name of namesOf(path)) node = node?.child(name) ?? null;
    return node;
  }

  /** Marks a mount point. */
  skip(path: string): void {
    let node: MountNode = this;
    for (const name of namesOf(path)) {
      const next = node.child(name) ?? new MountNode();
      node.#below.set(name, next);
      node = next;
    }
    node.isSkipped = true;
  }
}

function namesOf(path: string): readonly string[] {
  return path.split("/").filter((name) => name !== "");
}
