// SPDX-License-Identifier: Apache-2.0
import { type CredentialsRow, NEEDED_VERDICTS, type Observation } from "./model.ts";

/**
 * Capabilities that the kernel asks for in turn, at one place, until one is there. Sources:
 * include/linux/capability.h, kernel/bpf/token.c, fs/namei.c, kernel/fork.c of Linux 6.18.
 */
const TURNS: readonly {
  readonly narrower: string;
  readonly broader: string;
  /** Only in this system call, where the pair is asked for apart from each other elsewhere. */
  readonly syscall?: string;
}[] = [
  { narrower: "bpf", broader: "sys_admin" },
  { narrower: "perfmon", broader: "sys_admin" },
  { narrower: "net_admin", broader: "sys_admin", syscall: "bpf" },
  { narrower: "syslog", broader: "sys_admin" },
  { narrower: "checkpoint_restore", broader: "sys_admin" },
  { narrower: "sys_resource", broader: "sys_admin" },
  { narrower: "dac_read_search", broader: "dac_override" },
];

/**
 * Tells refusals that the kernel made up for by a question for a broader capability, and what would
 * do in place of the broader one. Only where all of them can be paired by number: the same place may
 * ask for one of the two alone.
 */
export function pairAlternatives(observations: readonly Observation[]): readonly Observation[] {
  const places = new Map<string, Observation[]>();
  for (const each of observations) {
    const key = placeOf(each);
    if (key === null) continue;
    const place = places.get(key);
    if (place === undefined) places.set(key, [each]);
    else place.push(each);
  }
  const changed = new Map([...places.values()].flatMap(pairOf));
  return observations.map((each) => changed.get(each) ?? each);
}

/** Where the kernel asks for a broader capability as soon as it has refused the narrower one. */
const OR_CHAINS: readonly {
  readonly narrower: string;
  readonly broader: string;
  /** Null for each place that asks for the narrower one. */
  readonly gate: string | null;
}[] = [
  { narrower: "dac_read_search", broader: "dac_override", gate: "generic_permission" },
  { narrower: "bpf", broader: "sys_admin", gate: null },
  { narrower: "perfmon", broader: "sys_admin", gate: null },
  { narrower: "checkpoint_restore", broader: "sys_admin", gate: null },
];

/**
 * Tells grants of a narrower capability that a broader one makes up for, which was there at the time,
 * and is needed elsewhere in the run anyway: then the narrower one adds nothing.
 */
export function dropCovered(
  observations: readonly Observation[],
  credentials: readonly CredentialsRow[],
): readonly Observation[] {
  const effective = new Map(credentials.map((row) => [row.id, row.effective]));
  const needed = new Set(
    observations
      .filter(({ verdict }) => verdict === "required")
      .map(({ capability }) => capability),
  );
  return observations.map((each) => {
    const { capability, gate, verdict } = each;
    if (!NEEDED_VERDICTS.includes(verdict)) return each;
    const chain = OR_CHAINS.find(
      ({ narrower, broader, gate: place }) =>
        narrower === capability && needed.has(broader) && (place === null || place === gate),
    );
    const held = each.credentials === null ? undefined : effective.get(each.credentials);
    if (chain === undefined || held?.includes(chain.broader) !== true) return each;
    const reason = `${chain.broader}, which it needs anyway, allows the same`;
    return { ...each, verdict: "opportunistic", reason, alternatives: [chain.broader] };
  });
}

function placeOf({ image, credentials, syscall, gate }: Observation): string | null {
  return gate === null ? null : JSON.stringify([image, credentials, syscall, gate]);
}

type Change = readonly [Observation, Observation];

function pairOf(place: readonly Observation[]): readonly Change[] {
  return [...new Set(TURNS.map(({ broader }) => broader))].flatMap((broader) => {
    const refused = place.filter((each) => each.verdict === "denied" && isTurn(each, broader));
    const granted = place.filter(
      ({ capability, verdict }) => capability === broader && NEEDED_VERDICTS.includes(verdict),
    );
    const surplus = countOf(granted) - countOf(refused);
    if (refused.length === 0 || granted.length === 0) return [];
    const alternatives = [...new Set(refused.map(({ capability }) => capability))].toSorted();
    const answered = surplus < 0 ? [] : refused.map((each) => madeUpFor(each, broader));
    const paired = granted.map((each): Change => [each, { ...each, alternatives }]);
    return surplus > 0 ? answered : [...answered, ...paired];
  });
}

/** Whether the kernel asks for the broader one next when this is refused. */
function isTurn({ capability, syscall }: Observation, broader: string): boolean {
  return TURNS.some(
    (turn) =>
      turn.narrower === capability &&
      turn.broader === broader &&
      (turn.syscall === undefined || turn.syscall === syscall),
  );
}

function madeUpFor(each: Observation, broader: string): Change {
  const reason = `the kernel then took ${broader} in its place`;
  return [each, { ...each, verdict: "opportunistic", reason }];
}

function countOf(observations: readonly Observation[]): number {
  return observations.reduce((total, { count }) => total + count, 0);
}
