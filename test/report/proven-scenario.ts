// SPDX-License-Identifier: Apache-2.0
import type { CapabilityProof, Profile, Proof } from "../../src/trace/model.ts";
import { credentials, finding, image, profile, run } from "./trace/build-profile.ts";
import { ROOT } from "./trace/systems.ts";

/** What is proven of one capability, with the facts given. */
export function proven(
  capability: string,
  proof: CapabilityProof["proof"],
  facts: Partial<CapabilityProof> = {},
): CapabilityProof {
  return { capability, proof, failure: null, reason: null, refused: [], ...facts };
}

const FRAME = { file: "/usr/lib/libc.so.6", buildId: "ab12", offset: 16 };

const PROOF: Proof = {
  method: "root",
  uid: 0,
  criterion: { status: null, ready: "port:80", check: "curl -fs http://localhost", strict: false },
  runsPerAnswer: 2,
  capabilities: [
    proven("chown", "droppable", {
      refused: [
        {
          capability: "chown",
          program: "/usr/sbin/daemon",
          syscall: "fchownat",
          end: "failed",
          errno: "EPERM",
          gate: "setattr_prepare",
          userStack: [],
        },
      ],
    }),
    proven("dac_override", "droppable"),
    proven("dac_read_search", "needed", {
      failure: "ended with status 1 before it was ready",
      refused: ["openat", "newfstatat", "readlink", "chdir"].map((syscall) => ({
        capability: "dac_read_search",
        program: "/usr/sbin/daemon",
        syscall,
        end: "failed" as const,
        errno: "EACCES",
        gate: "generic_permission",
        userStack: [
          { name: "open", ...FRAME },
          { name: "main", ...FRAME, file: "/usr/sbin/daemon" },
        ],
      })),
    }),
    proven("fsetid", "needed", {
      failure: "the check ended with status 22",
      refused: [
        {
          capability: "fsetid",
          program: "/usr/sbin/dae\u202emon",
          syscall: "chmod",
          end: "succeeded",
          errno: null,
          gate: null,
          userStack: [],
        },
      ],
    }),
    proven("kill", "droppable"),
    proven("net_raw", "droppable"),
    proven("sys_resource", "untested", { reason: "capscope does not have it itself" }),
  ],
  minimalSets: [
    ["dac_read_search", "fsetid"],
    ["dac_override", "fsetid"],
  ],
  workingSet: ["dac_read_search", "fsetid"],
  runs: 16,
  durationNs: 4_250_000_000,
  notes: ["processes that the command left behind were ended"],
};

const FINDINGS = [
  finding("chown", "required", [{ syscall: "fchownat", gate: "setattr_prepare" }]),
  finding("dac_read_search", "required", [{ syscall: "openat", gate: "generic_permission" }]),
  finding("fsetid", "required", [{ syscall: "chmod", gate: null }]),
];

/** A search that came to its end. */
export const PROVEN: Profile = profile({
  runs: [run({ images: [image()], credentials: [credentials(ROOT)], proof: PROOF })],
  findings: FINDINGS,
});

/** One that was stopped: nothing is proven of what it works with. */
export const UNPROVEN: Profile = profile({
  runs: [
    run({
      credentials: [credentials(ROOT)],
      proof: {
        ...PROOF,
        method: "user",
        uid: 33,
        criterion: { status: 0, ready: null, check: null, strict: true },
        capabilities: [
          proven("chown", "droppable"),
          proven("fsetid", "untested", {
            failure: "ended with status 1, not 0",
            reason: "it worked 1 of 4 times without it",
          }),
        ],
        minimalSets: [],
        workingSet: ["fsetid"],
        notes: [],
      },
    }),
  ],
  findings: FINDINGS,
});
