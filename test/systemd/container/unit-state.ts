// SPDX-License-Identifier: Apache-2.0
// Prints what is known of the unit that is its argument, before and after a restart if asked to.
import {
  placeOfUnit,
  readUnit,
  restartUnit,
  unitControlGroup,
} from "../../../src/linux/systemd/unit.ts";

const [name = "", restart] = process.argv.slice(2);
try {
  if (restart === "restart") await restartUnit(name);
  const unit = readUnit(name);
  const { parent, name: own, path } = placeOfUnit(unit);
  const place = { parent: parent.path, name: own, path };
  const group = restart === "place" ? null : unitControlGroup(unit);
  console.log(
    JSON.stringify({
      unit,
      place,
      group: group === null ? null : { path: group.path, id: String(group.id) },
    }),
  );
} catch (error) {
  const { message, hint } = error as { message: string; hint?: string };
  console.log(JSON.stringify({ message, hint }));
}
