// SPDX-License-Identifier: Apache-2.0
/** Prints the endpoints that lead to a process with privileged capabilities, one a line. */
import { collectExposure } from "../src/index.ts";

const report = await collectExposure({ time: new Date(), unix: false, connections: false });
const names = new Map(report.processes.map(({ pid, comm }) => [pid, comm]));
for (const { id, flags, owners } of report.endpoints) {
  if (!flags.includes("privileged-caps")) continue;
  console.log(id, owners.map(({ pid }) => `${JSON.stringify(names.get(pid))} ${pid}`).join(", "));
}
if (!report.coverage.complete) console.log("incomplete:", report.coverage.gaps[0]?.message);
