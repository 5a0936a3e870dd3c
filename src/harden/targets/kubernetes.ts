// SPDX-License-Identifier: Apache-2.0
import { constantName } from "../../capabilities/spelling.ts";
import type { Detail, Draft } from "../draft.ts";
import { containerName } from "../wording.ts";
import { isRoot, type Workload } from "../workload.ts";
import { NO_IMAGE, otherUserNotes, portNotes } from "./containers.ts";
import { basisOfName } from "./marks.ts";
import { mayForbidEscalation, podSecurityNotes } from "./pod-security.ts";

/** A pod with the securityContext of its container. Names have no CAP_ there. */
export function draftKubernetes(workload: Workload, detail: Detail): Draft {
  const { grant } = workload;
  const needsNothing = grant.all.length === 0;
  return {
    title: "Kubernetes",
    place: null,
    comment: "#",
    lines: detail === "brief" ? brief(workload) : pod(workload),
    notes: [
      ...(detail === "brief" ? [] : podSecurityNotes(workload)),
      ...(needsNothing ? [] : [...otherUserNotes(workload), NO_AMBIENT_NOTE]),
      ...portNotes(workload, "The pod's securityContext.sysctls may set it: it is a safe one."),
      ...gainNotes(workload),
    ],
  };
}

function brief(workload: Workload): readonly string[] {
  const { grant } = workload;
  const needsNothing = grant.all.length === 0;
  return [
    "securityContext:",
    ...(needsNothing ? ["  runAsNonRoot: true"] : []),
    ...(mayForbidEscalation(workload) ? ["  allowPrivilegeEscalation: false"] : []),
    "  capabilities:",
    '    drop: ["ALL"]',
    ...(needsNothing
      ? []
      : [`    add: [${grant.all.map((name) => `"${containerName(name)}"`).join(", ")}]`]),
  ];
}

function pod(workload: Workload): readonly string[] {
  const { label, image, grant } = workload;
  const context = containerContext(workload);
  return [
    "apiVersion: v1",
    "kind: Pod",
    "metadata:",
    `  name: "${label}"`,
    "  labels:",
    `    app.kubernetes.io/name: "${label}"`,
    "spec:",
    "  securityContext:",
    ...identityLines(workload).map((line) => `    ${line}`),
    "    seccompProfile:",
    "      type: RuntimeDefault",
    "  containers:",
    `    - name: "${label}"`,
    `      image: "${image ?? NO_IMAGE}"`,
    ...context.map((line) => `      ${line}`),
    "  # A pod has no capabilities of its own: each init container and each ephemeral one (kubectl",
    "  # debug) that you have needs this, and what it needs itself; nothing is known of them here.",
    ...["initContainers", "ephemeralContainers"].flatMap((list) => [
      `  # ${list}:`,
      "  #   - name: NAME",
      "  #     image: IMAGE",
      ...containerContext({ ...workload, grant: { ...grant, all: [] } }).map(
        (line) => `  #     ${line}`,
      ),
    ]),
  ];
}

function identityLines({ user, grant }: Workload): readonly string[] {
  if (user === null) return grant.all.length === 0 ? ["runAsNonRoot: true"] : [];
  return [
    `runAsNonRoot: ${!isRoot(user)}`,
    `runAsUser: ${user.user}`,
    ...(user.group === null ? [] : [`runAsGroup: ${user.group}`]),
  ];
}

function containerContext(workload: Workload): readonly string[] {
  const { grant } = workload;
  return [
    "securityContext:",
    `  allowPrivilegeEscalation: ${!mayForbidEscalation(workload)}`,
    "  capabilities:",
    "    drop:",
    "      - ALL",
    ...(grant.all.length === 0 ? [] : ["    add:"]),
    ...grant.all.map((name) => `      - ${containerName(name)} # ${basisOfName(workload, name)}`),
  ];
}

/** kubernetes/kubernetes 56374; kubernetes/enhancements 2763 would change it. */
const NO_AMBIENT_NOTE =
  "It grants only what runs as root in the container. Kubernetes sets no ambient capabilities " +
  "(KEP-2763 proposes them): with runAsUser other than 0, what add names is in the bounding set, " +
  "and the program has no capability at all. Then put them on the file while the image is built " +
  "(setcap), and leave allowPrivilegeEscalation out: false makes file capabilities void.";

function gainNotes({ grant: { gainAtExec, all } }: Workload): readonly string[] {
  return [
    ...(gainAtExec === "seen"
      ? [
          "Programs gained capabilities when they were executed (setuid, file capabilities, or root), " +
            "so allowPrivilegeEscalation: false is left out.",
        ]
      : []),
    ...(all.includes("sys_admin")
      ? [`With ${constantName("sys_admin")} privilege escalation is always allowed.`]
      : []),
    ...(gainAtExec === "unknown"
      ? [
          "It is not known whether it executes setuid programs or files with capabilities: one that " +
            "does needs allowPrivilegeEscalation: true.",
        ]
      : []),
  ];
}
