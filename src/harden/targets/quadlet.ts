// SPDX-License-Identifier: Apache-2.0
import type { Draft } from "../draft.ts";
import { constantName } from "../../capabilities/spelling.ts";
import type { Workload } from "../workload.ts";
import { NO_IMAGE, podmanNotes } from "./containers.ts";
import { basisOfName } from "./marks.ts";

/**
 * A container of podman-systemd.unit(5), as Podman 4.4 and newer read it. AddCapability= goes to
 * --cap-add word by word; DropCapability= came with 4.4 as well.
 */
export function draftQuadlet(workload: Workload): Draft {
  const { grant, label, image, user } = workload;
  return {
    title: "Quadlet",
    place: `/etc/containers/systemd/${label}.container`,
    comment: "#",
    lines: [
      "[Container]",
      `ContainerName=${label}`,
      `Image=${image ?? NO_IMAGE}`,
      ...(user === null
        ? []
        : [`User=${user.user}`, ...(user.group === null ? [] : [`Group=${user.group}`])]),
      "DropCapability=all",
      ...grant.all.flatMap((name) => [
        `# ${basisOfName(workload, name)}:`,
        `AddCapability=${constantName(name)}`,
      ]),
      `NoNewPrivileges=${grant.gainAtExec !== "seen"}`,
      "",
      "[Install]",
      "WantedBy=multi-user.target",
    ],
    notes: [
      ...podmanNotes(workload),
      "Units of a [Service] section confine Podman itself, not what runs in the container: write no " +
        "CapabilityBoundingSet= there.",
      "It takes effect with: systemctl daemon-reload, and a start of the service that is made of it.",
    ],
  };
}
