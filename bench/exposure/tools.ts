// SPDX-License-Identifier: Apache-2.0
import { existsSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Contestant } from "../measure/contest.ts";

/**
 * Command line of capscope: the one given, or a copy in `directory` of the executable that the
 * build makes, so that a build meanwhile does not change what is measured. Null when not built.
 */
export async function prepareCapscope(
  given: string | null,
  directory: string,
): Promise<readonly string[] | null> {
  if (given !== null) return given.split(" ").filter((word) => word !== "");
  if (!existsSync(EXECUTABLE)) return null;
  const copy = join(directory, "capscope");
  await copyFile(EXECUTABLE, copy);
  return [copy];
}

const EXECUTABLE = fileURLToPath(new URL("../../dist/capscope", import.meta.url));

/** `capscope exposure --json` as a contestant. */
export function capscope(command: readonly string[] | null, rounds: number): Contestant {
  return {
    name: "capscope",
    argv: [...(command ?? ["capscope"]), "exposure", "--json"],
    missing: command === null ? "not built (npm run build)" : null,
    // 4: on this machine something cannot be seen, which the report says; it is whole otherwise.
    accepted: [0, 4],
    rounds,
    countFound: countReportedSockets,
  };
}

/** `ss` with owners: what administrators type today, and the measure of speed. */
export function ss(rounds: number): Contestant {
  return {
    name: "ss",
    argv: ["ss", "-tulpnH"],
    missing: isInPath("ss") ? null : "not installed (package iproute2)",
    accepted: [0],
    rounds,
    countFound: countLines,
  };
}

/** The classic C tool; it shows connected sockets too. */
export function netcap(rounds: number): Contestant {
  return {
    name: "netcap",
    argv: ["netcap"],
    missing: isInPath("netcap") ? null : "not installed (package libcap-ng-utils)",
    accepted: [0],
    rounds,
    // Less the heading; there is none when there is nothing to show.
    countFound: (output) => Math.max(0, countLines(output) - 1),
  };
}

function isInPath(name: string): boolean {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.some((folder) => existsSync(join(folder, name)));
}

function countLines(output: string): number {
  return output.split("\n").length - 1;
}

interface ReportedEndpoints {
  readonly endpoints: readonly { readonly sockets: readonly unknown[] }[];
}

function countReportedSockets(output: string): number {
  const report = JSON.parse(output) as ReportedEndpoints;
  return report.endpoints.reduce((sum, endpoint) => sum + endpoint.sockets.length, 0);
}
