// SPDX-License-Identifier: Apache-2.0
// Runs the commands of the unit files that are its arguments, one after the other, as planned.
import { startGatedCommand } from "../../../src/linux/gated-command.ts";
import { launchOptionsOf, readServicePlan } from "../../../src/linux/systemd/service-file.ts";

for (const path of process.argv.slice(2)) {
  const plan = readServicePlan(path, [], {});
  const command = await startGatedCommand(plan.argv, launchOptionsOf(plan));
  command.open();
  const { exitCode } = await command.ended;
  if (exitCode !== 0) throw new Error(`${path}: ${exitCode}`);
}
