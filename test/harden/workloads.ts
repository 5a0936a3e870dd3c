// SPDX-License-Identifier: Apache-2.0
import { capabilityNames, setOf } from "../../src/capabilities/set.ts";
import { untestedBases } from "../../src/harden/bases.ts";
import { configureProfile, configureWorkload } from "../../src/harden/configure.ts";
import type { Configuration, HardenTarget } from "../../src/harden/model.ts";
import { NO_FACTS, type WorkloadFacts, workloadOfSet } from "../../src/harden/workload.ts";
import type { Profile } from "../../src/trace/model.ts";
import { PROVEN } from "../report/proven-scenario.ts";
import { credentials, finding, image, profile, run } from "../report/trace/build-profile.ts";
import { DROPPING_DAEMON } from "../report/trace/daemon-scenario.ts";
import { MERGED, NOTHING } from "../report/trace/scenarios.ts";

/** A service of a user that binds a low port, and was never root. */
export const NEVER_ROOT: Profile = profile({
  runs: [
    run({
      subject: { kind: "command", program: "/opt/web/server", argv: ["server"] },
      images: [image({ exe: "/opt/web/server", comm: "server" })],
      credentials: [credentials({ uid: 33, effectiveUid: 33, permitted: ["net_bind_service"] })],
      context: {
        sysctls: { "kernel.dmesg_restrict": "1" },
        securityModules: [],
        lockdown: "none",
      },
    }),
  ],
  findings: [finding("net_bind_service", "required", [{ program: "/opt/web/server" }])],
});

/** What a configuration is written for, by the name that its golden files have. */
export interface Case {
  /** What is to be granted. */
  readonly capabilities: readonly string[];
  readonly write: (target: HardenTarget, facts?: Partial<WorkloadFacts>) => Configuration;
}

function fromProfile(traced: Profile, capabilities: readonly string[]): Case {
  return {
    capabilities,
    write: (target, facts = {}) => {
      const configured = configureProfile(target, traced, { ...NO_FACTS, ...facts });
      if (configured.kind === "refused") throw new Error(configured.reason);
      return configured.configuration;
    },
  };
}

function fromList(capabilities: readonly string[], given: Partial<WorkloadFacts>): Case {
  const bases = untestedBases(capabilityNames(setOf(...capabilities)), "named on the command line");
  return {
    capabilities,
    write: (target, facts = {}) => {
      const workload = workloadOfSet(bases, { ...NO_FACTS, ...given, ...facts });
      return configureWorkload(target, workload, { kind: "list" }, []);
    },
  };
}

/** A proven set, a service that drops, a user's service, nothing needed, a list, a number. */
export const CASES: Readonly<Record<string, Case>> = {
  proven: fromProfile(PROVEN, ["dac_read_search", "fsetid"]),
  service: fromProfile(DROPPING_DAEMON, [
    "chown",
    "setgid",
    "setuid",
    "setpcap",
    "net_bind_service",
    "sys_nice",
  ]),
  "never-root": fromProfile(NEVER_ROOT, ["net_bind_service"]),
  nothing: fromProfile(NOTHING, []),
  list: fromList(["net_bind_service", "sys_admin"], {
    name: "web",
    user: { user: "33", group: "44" },
    image: "registry.example/web:1.2",
    program: "/opt/web/server",
  }),
  number: fromProfile(MERGED, ["net_raw", "syslog", "cap_41"]),
};
