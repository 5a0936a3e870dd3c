// SPDX-License-Identifier: Apache-2.0
import {
  type Ids,
  INITIAL_USER_NAMESPACE as INITIAL,
  type TaskCredentials,
} from "../../capabilities/credentials.ts";
import { UnsupportedError } from "../../errors.ts";
import type { Libc } from "../ffi/libc.ts";
import { readText, textOrNull } from "./read-text.ts";
import { type FourIds, parseStatus } from "./status.ts";

/** Reads what this process has. In another user namespace the ids are taken for those outside. */
export function readOwnCredentials(libc: Libc): TaskCredentials {
  const text = textOrNull(readText("/proc/self/status"));
  if (text === null) throw new UnsupportedError("reading /proc/self/status failed");
  const status = parseStatus(text);
  const { inheritable, permitted, effective, bounding, ambient } = status;
  return {
    uids: idsOf(status.uids),
    gids: idsOf(status.gids),
    groups: (/^Groups:(.*)$/m.exec(text)?.[1]?.match(/\d+/g) ?? []).map(Number),
    inheritable,
    permitted,
    effective,
    bounding,
    ambient,
    securebits: Math.max(libc.getSecurebits(), 0),
    noNewPrivs: status.noNewPrivs === true,
    userNamespace: INITIAL,
  };
}

function idsOf([real, effective, saved, fileSystem]: FourIds): Ids {
  return { real, effective, saved, fileSystem };
}
