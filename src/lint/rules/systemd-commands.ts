// SPDX-License-Identifier: Apache-2.0
import type { UnitDeclaration } from "../../manifest/model.ts";
import type { DeclaredCredentials } from "../../manifest/systemd/credentials.ts";
import { type Flaw, flaw, type Rule } from "../rule.ts";
import { perUnit } from "./systemd-sets.ts";

/** Commands and managers that settings of a unit do not apply to. */
export const SYSTEMD_COMMAND_RULES: readonly Rule[] = [
  {
    id: "systemd-user-unit",
    severity: "error",
    title: "capabilities in a unit of a user manager",
    why: "A user manager has no privilege: it can neither trim the bounding set nor give ambient capabilities, and the service fails with status 218/CAPABILITIES.",
    fix: "leave it out, or make it a system unit with User=",
    source: "systemd.exec(5), Process exit codes; erikwb/blueferry issue 63",
    check: (manifest) => manifest.units.flatMap(inUserUnit),
  },
  {
    id: "systemd-plus-ignores-limits",
    severity: "warning",
    title: "ExecStart=+ is not limited by the unit",
    why: "A command behind + runs as root with all capabilities: User=, CapabilityBoundingSet=, AmbientCapabilities=, SecureBits= and NoNewPrivileges= do not apply to it.",
    fix: "leave + out, and use it for ExecStartPre= alone where set-up needs privilege",
    source: "systemd.service(5), Special executable prefixes; tried with systemd 252",
    check: (manifest) => manifest.units.flatMap(plusIgnoresLimits),
  },
  {
    id: "systemd-no-new-privileges-setuid-program",
    severity: "error",
    title: "a setuid program under NoNewPrivileges=",
    why: "no_new_privs makes execve() ignore setuid bits and file capabilities: sudo, su and their like cannot become root from a service with User=.",
    fix: "run that step in a unit or an ExecStartPre=+ of its own, or give the service the capability it needs",
    source: "PR_SET_NO_NEW_PRIVS(2const); kernel, Documentation/userspace-api/no_new_privs.rst",
    check: (manifest) => perUnit(manifest, setuidPrograms),
  },
  {
    id: "quadlet-service-section",
    severity: "warning",
    title: "capabilities of a Quadlet in [Service]",
    why: "[Service] of a .container is about podman itself. The container's capabilities are AddCapability= and DropCapability= in [Container]; taking podman its own keeps it from starting the container.",
    fix: "use AddCapability=, DropCapability= and NoNewPrivileges= in [Container]",
    source: "podman-systemd.unit(5); desbma/shh issue 23",
    check: (manifest) => manifest.units.flatMap(quadletService),
  },
];

function inUserUnit({ manager, assignments }: UnitDeclaration): readonly Flaw[] {
  if (manager !== "user") return [];
  return assignments
    .filter(({ key }) => key === "CapabilityBoundingSet" || key === "AmbientCapabilities")
    .filter(({ key, value }) => key === "CapabilityBoundingSet" || value !== "")
    .map(({ key, keySpan }) => flaw(keySpan, `${key}= makes a user unit fail with status 218`));
}

const LIMITS =
  /^(?:CapabilityBoundingSet|AmbientCapabilities|SecureBits|NoNewPrivileges|User|DynamicUser)$/;

function plusIgnoresLimits({ assignments }: UnitDeclaration): readonly Flaw[] {
  const limits = assignments.filter(({ key, value }) => LIMITS.test(key) && value !== "");
  const commands = assignments.filter(({ key, value }) => key === "ExecStart" && value !== "");
  const behindPlus = commands.filter(({ value }) => /^[-@:]*\+/.test(value));
  // A oneshot service may have several, of which some need privilege.
  if (limits.length === 0 || behindPlus.length < commands.length) return [];
  const names = [...new Set(limits.map(({ key }) => `${key}=`))].join(", ");
  return behindPlus.map(({ valueSpan }) =>
    flaw(valueSpan, `behind + the command runs without ${names}`),
  );
}

/** Programs that are of no use without their setuid bit. */
const SETUID_PROGRAM =
  /^[-@:|]*(?:\/\S*\/)?(?:sudo|su|doas|pkexec|newgrp|sg|chsh|chfn|passwd|fusermount3?)$/;

function setuidPrograms(
  { isRoot, noNewPrivileges, impliedBy }: DeclaredCredentials,
  { assignments }: UnitDeclaration,
): readonly Flaw[] {
  if (isRoot !== false || !noNewPrivileges) return [];
  const cause =
    impliedBy === null ? "NoNewPrivileges=yes" : `no_new_privs, which ${impliedBy}= implies,`;
  return assignments
    .filter(({ key }) => key.startsWith("Exec"))
    .flatMap(({ words }) => words.slice(0, 1).filter(({ text }) => SETUID_PROGRAM.test(text)))
    .map((word) => flaw(word, `${cause} keeps ${word.text} from getting any privilege`));
}

function quadletService({ assignments }: UnitDeclaration): readonly Flaw[] {
  if (!assignments.some(({ section }) => section === "Container")) return [];
  return assignments
    .filter(({ section }) => section === "Service")
    .filter(({ key }) =>
      /^(?:CapabilityBoundingSet|AmbientCapabilities|NoNewPrivileges)$/.test(key),
    )
    .map(({ key, keySpan }) =>
      flaw(keySpan, `${key}= in [Service] is podman's, not the container's`),
    );
}
