// SPDX-License-Identifier: Apache-2.0
import { matchSocketUnit } from "../linux/systemd/match-socket-unit.ts";
import { readSocketUnits, type SocketUnitListing } from "../linux/systemd/socket-units.ts";
import type { FoundSocket } from "./found-socket.ts";
import type { Owner, Process, SocketUnit } from "./model.ts";

/** Names the .socket units of a report; each service manager is asked at most once, when needed. */
export class SocketActivation {
  readonly #listings = new Map<number | null, SocketUnitListing>();

  /** Why managers that were asked did not answer. */
  get failures(): readonly string[] {
    return [...this.#listings.values()].flatMap((listing) =>
      listing.kind === "unavailable" ? [listing.reason] : [],
    );
  }

  /** The unit that opened a socket which one of `owners` holds; null when no manager is among them. */
  unitOf(
    socket: FoundSocket,
    device: string | null,
    owners: readonly Owner[],
    processes: ReadonlyMap<number, Process>,
  ): SocketUnit | null {
    for (const { pid } of owners) {
      const process = processes.get(pid);
      if (process === undefined || !isManager(process)) continue;
      const unit = this.#match(process.userUnitOf, socket, device);
      if (unit !== null) return unit;
    }
    return null;
  }

  /** The same for a socket whose holder could not be read but may be pid 1. */
  unitOfUnreadable(socket: FoundSocket, device: string | null): SocketUnit | null {
    return this.#match(null, socket, device);
  }

  #match(manager: number | null, socket: FoundSocket, device: string | null): SocketUnit | null {
    const listing = this.#listingOf(manager);
    if (listing.kind === "unavailable") return null;
    const { unix } = socket;
    const match = matchSocketUnit(listing.units, {
      protocol: socket.protocol,
      address: socket.addresses[0] ?? null,
      port: socket.port,
      device,
      path: unix === null ? null : unix.abstract ? `@${unix.name}` : unix.name,
    });
    return match === null ? null : { unit: match.unit, activates: match.activates };
  }

  #listingOf(manager: number | null): SocketUnitListing {
    const known = this.#listings.get(manager);
    if (known !== undefined) return known;
    const listing = readSocketUnits(manager);
    this.#listings.set(manager, listing);
    return listing;
  }
}

/** True for systemd as pid 1 and as the manager of a user. */
function isManager({ pid, comm, unit, userUnitOf }: Process): boolean {
  if (comm !== "systemd") return false;
  return pid === 1 || (unit === "init.scope" && userUnitOf !== null);
}
