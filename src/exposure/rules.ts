// SPDX-License-Identifier: Apache-2.0
import type { Endpoint, Flag } from "./model.ts";

interface FlagRule {
  readonly flag: Flag;
  readonly applies: (endpoint: FlagFacts) => boolean;
}

/** What the flags are judged by. */
export type FlagFacts = Pick<
  Endpoint,
  "protocol" | "bind" | "port" | "reach" | "reuseport" | "role"
> & { readonly privilegedOwner: boolean };

const SSH_PORT = 22;

/** In the order of `FLAGS` in the model. */
const FLAG_RULES: readonly FlagRule[] = [
  {
    flag: "proximity-plane",
    applies: ({ reach }) => reach.some(({ plane }) => plane === "bluetooth"),
  },
  {
    flag: "hypervisor-plane",
    applies: ({ reach }) => reach.some(({ plane }) => plane === "vsock"),
  },
  {
    flag: "ssh-on-vsock-port-22",
    applies: ({ protocol, port }) => protocol === "vsock" && port === SSH_PORT,
  },
  {
    flag: "wildcard-bind",
    applies: ({ bind, role }) => bind.wildcard && role === "service",
  },
  { flag: "reuseport", applies: ({ reuseport }) => reuseport === true },
  { flag: "privileged-caps", applies: ({ privilegedOwner }) => privilegedOwner },
];

/** The flags of an endpoint, in printing order. */
export function assessFlags(facts: FlagFacts): readonly Flag[] {
  return FLAG_RULES.filter(({ applies }) => applies(facts)).map(({ flag }) => flag);
}
