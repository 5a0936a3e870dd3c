// SPDX-License-Identifier: Apache-2.0
import { readText, textOrNull } from "./read-text.ts";

/**
 * Protocols that are loaded, by the name that /proc/net/protocols has for them ("UDP-Lite",
 * "AF_VSOCK"), with the number of sockets in this network namespace. Not every protocol counts its
 * sockets: only a number above 0 says something without knowing the protocol.
 */
export type LoadedProtocols = ReadonlyMap<string, number>;

/** Reads the protocols that can have sockets at this moment; null when it cannot be told. */
export function readLoadedProtocols(): LoadedProtocols | null {
  const text = textOrNull(readText("/proc/self/net/protocols"));
  return text === null ? null : parseProtocols(text);
}

/** Parses the columns protocol, size and sockets of /proc/net/protocols (net/core/sock.c). */
export function parseProtocols(text: string): LoadedProtocols {
  const lines = text.split("\n").slice(1);
  const rows = lines.map((line) => line.split(/\s+/)).filter(([name]) => name !== "");
  return new Map(rows.map(([name = "", , sockets]) => [name, Number(sockets)]));
}
