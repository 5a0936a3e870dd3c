// SPDX-License-Identifier: Apache-2.0
import { readText, textOrNull } from "./read-text.ts";

/** Names of the protocols that are loaded, as /proc/net/protocols has them ("UDP-Lite", "AF_VSOCK"). */
export type LoadedProtocols = ReadonlySet<string>;

/** Reads the protocols that can have sockets at this moment; null when it cannot be told. */
export function readLoadedProtocols(): LoadedProtocols | null {
  const text = textOrNull(readText("/proc/self/net/protocols"));
  return text === null ? null : parseProtocols(text);
}

/** Parses the first column of /proc/net/protocols (net/core/sock.c). */
export function parseProtocols(text: string): LoadedProtocols {
  const names = text
    .split("\n")
    .slice(1)
    .map((line) => line.split(" ")[0] ?? "");
  return new Set(names.filter((name) => name !== ""));
}
