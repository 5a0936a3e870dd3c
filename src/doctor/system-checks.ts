// SPDX-License-Identifier: Apache-2.0
import type { Facts } from "./facts.ts";
import type { Check } from "./model.ts";

/** Judges what the rest of the system tells: who manages processes, and which can be seen. */
export function checkSystem(facts: Facts): readonly Check[] {
  return [
    checkControlGroups(facts),
    checkPidNamespace(facts),
    checkUserNamespace(facts),
    checkManager(facts),
    checkEngines(facts),
  ];
}

function checkControlGroups({ hierarchies }: Facts): Check {
  const base = { area: "system", name: "control groups" } as const;
  const unified = hierarchies.find(({ hierarchy }) => hierarchy === "unified");
  const firstCount = hierarchies.filter(({ hierarchy }) => hierarchy !== "unified").length;
  if (hierarchies.length === 0) {
    return {
      ...base,
      state: "missing",
      detail: "none mounted",
      effect: "units and containers cannot be followed as such",
      remedy: "mount -t cgroup2 none /sys/fs/cgroup",
    };
  }
  const words = [
    ...(unified === undefined ? [] : [`v2 at ${unified.mountPoint}`]),
    ...(firstCount === 0 ? [] : [`${firstCount} hierarchies of v1`]),
  ];
  const detail = `${words.length > 1 ? "hybrid: " : ""}${words.join(", ")}`;
  return { ...base, state: "ok", detail, effect: null, remedy: null };
}

function checkPidNamespace({ namespaces }: Facts): Check {
  return describeNamespace("PID namespace", namespaces.pid, {
    effect: "processes outside it are not seen; pids in a trace are those of the host",
    remedy: "run in the host's PID namespace",
  });
}

function checkUserNamespace({ namespaces }: Facts): Check {
  return describeNamespace("user namespace", namespaces.user, {
    effect: "capabilities count inside it only: no trace, and no look at processes outside it",
    remedy: "run outside of the user namespace",
  });
}

/** `isInitial` is null where it could not be read; `ofAnother` is what it means not to be there. */
function describeNamespace(
  name: string,
  isInitial: boolean | null,
  ofAnother: { readonly effect: string; readonly remedy: string },
): Check {
  const base = { area: "system", name } as const;
  if (isInitial === null) {
    return {
      ...base,
      state: "unknown",
      detail: "not readable",
      effect: null,
      remedy: "mount /proc",
    };
  }
  return isInitial
    ? { ...base, state: "ok", detail: "the initial one", effect: null, remedy: null }
    : { ...base, state: "limited", detail: "not the initial one", ...ofAnother };
}

function checkManager({ managerFailure }: Facts): Check {
  const base = { area: "system", name: "service manager" } as const;
  if (managerFailure === null) {
    return { ...base, state: "ok", detail: "systemd answers", effect: null, remedy: null };
  }
  return {
    ...base,
    state: "missing",
    detail: managerFailure,
    effect:
      "units cannot be asked about: none can be traced by name, and socket units stay unknown",
    remedy: null,
  };
}

function checkEngines({ containers }: Facts): Check {
  const { named, closed } = containers;
  const base = { area: "system", name: "container engines" } as const;
  const detail = `${named} containers named in their state`;
  if (closed.length === 0) return { ...base, state: "ok", detail, effect: null, remedy: null };
  return {
    ...base,
    state: "limited",
    detail: `${detail}; closed: ${closed.join(" ")}`,
    effect: "containers are known by id, not by name",
    remedy: "run it as root, or with CAP_DAC_READ_SEARCH",
  };
}
