// SPDX-License-Identifier: Apache-2.0
import type { SocketUnitAddress } from "./socket-units.ts";

/** Properties of a socket unit that `parseSocketUnits` reads. */
export const SOCKET_UNIT_PROPERTIES = [
  "Id",
  "ActiveState",
  "Listen",
  "Triggers",
  "Accept",
  "BindToDevice",
  "SocketProtocol",
] as const;

/**
 * Parses what `systemctl show --property=... '*.socket'` prints: blocks of `Name=value` lines with
 * an empty line between units, in no fixed order, `Listen` once for each address.
 */
export function parseSocketUnits(text: string): readonly SocketUnitAddress[] {
  return text.split(/\n{2,}/).flatMap((block) => parseUnit(block.split("\n")));
}

function parseUnit(lines: readonly string[]): readonly SocketUnitAddress[] {
  const properties = new Map<string, string>();
  const listens: string[] = [];
  for (const line of lines) {
    const equals = line.indexOf("=");
    const name = line.slice(0, equals);
    if (name === "Listen") listens.push(line.slice(equals + 1));
    else if (equals > 0) properties.set(name, line.slice(equals + 1));
  }
  const unit = properties.get("Id");
  if (unit === undefined || !holdsSockets(properties.get("ActiveState"))) return [];
  const shared = {
    unit,
    activates: activatedUnit(unit, properties),
    device: properties.get("BindToDevice") || null,
    protocol: Number(properties.get("SocketProtocol") ?? "0"),
  };
  return listens.flatMap((value) => {
    const match = /^(.*) \((\w+)\)$/s.exec(value);
    return match === null ? [] : [{ ...shared, listen: match[1] ?? "", type: match[2] ?? "" }];
  });
}

/** A unit that is stopped or has failed has closed its sockets: another unit can have the address. */
function holdsSockets(activeState: string | undefined): boolean {
  return activeState !== "inactive" && activeState !== "failed";
}

/**
 * With Accept=yes systemd starts one instance for each connection and lists only those that run
 * now; the template they are made from is named after the socket unit, systemd.socket(5).
 */
function activatedUnit(unit: string, properties: ReadonlyMap<string, string>): string | null {
  if (properties.get("Accept") === "yes") return `${unit.replace(/(@.*)?\.socket$/, "")}@.service`;
  return properties.get("Triggers")?.split(" ")[0] || null;
}
