// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { capabilityNames, setOf } from "../../../src/capabilities/set.ts";
import type { Outcome } from "../../../src/trace/minimize/outcome.ts";
import { type Proof } from "../../../src/trace/model.ts";
import { proofOf } from "../../../src/trace/minimize/proof.ts";
import { findMinimalSets, SearchStopped } from "../../../src/trace/minimize/search.ts";
import { type RunReport, Trials, type TrialsOptions } from "../../../src/trace/minimize/trials.ts";
import { ENDS_WELL, outcome, refusal } from "./build-outcome.ts";

const GRANTED = setOf("chown", "kill", "net_raw");
const [NET_RAW, KILL] = [setOf("net_raw"), setOf("kill")];

/** Trials of a command, with the sets that it was run with. */
function trialsOf(
  perform: (set: bigint, number: number) => Outcome,
  facts: Partial<TrialsOptions> = {},
): { trials: Trials; ran: bigint[]; told: RunReport[] } {
  const ran: bigint[] = [];
  const told: RunReport[] = [];
  const trials = new Trials({
    perform: (set) => Promise.resolve(perform(set, ran.push(set))),
    criterion: ENDS_WELL,
    reference: outcome(),
    granted: GRANTED,
    known: [],
    runsPerAnswer: 2,
    runLimit: 100,
    signal: new AbortController().signal,
    record: () => undefined,
    tell: (report) => void told.push(report),
    ...facts,
  });
  return { trials, ran, told };
}

const needing =
  (set: bigint) =>
  (tried: bigint): Outcome =>
    (tried & set) === set
      ? outcome()
      : outcome({ status: 1, refused: capabilityNames(set & ~tried).map((name) => refusal(name)) });

describe("an answer", () => {
  test("takes as many runs as are asked for, and is kept", async () => {
    const { trials, ran } = trialsOf(needing(NET_RAW), { runsPerAnswer: 3 });
    expect(await trials.ask([NET_RAW, KILL])).toEqual([
      { works: "yes", refused: 0n },
      { works: "no", refused: NET_RAW },
    ]);
    expect(ran).toHaveLength(6);
    await trials.ask([NET_RAW]);
    expect(ran).toHaveLength(6);
  });

  test("counts the first run for the set that it had", async () => {
    const { trials, ran } = trialsOf(needing(NET_RAW));
    expect(await trials.ask([GRANTED])).toEqual([{ works: "yes", refused: 0n }]);
    expect(ran).toEqual([GRANTED]);
  });

  test("takes twice as many runs where they do not agree, and is unclear then", async () => {
    const { trials, ran } = trialsOf((_, number) => outcome({ status: number === 2 ? 1 : 0 }));
    expect(await trials.ask([NET_RAW])).toMatchObject([{ works: "unclear" }]);
    expect(ran).toHaveLength(4);
    expect(trials.tallyOf(NET_RAW)).toEqual({ worked: 3, tried: 4 });
  });

  test("that is a guess takes one run that fails, but all to be yes", async () => {
    const { trials, ran } = trialsOf(needing(NET_RAW));
    expect(await trials.ask([KILL], true)).toMatchObject([{ works: "no" }]);
    expect(ran).toHaveLength(1);
    expect(await trials.ask([NET_RAW], true)).toMatchObject([{ works: "yes" }]);
    expect(ran).toHaveLength(3);
  });

  test("of an earlier search costs no run", async () => {
    const known = [NET_RAW, NET_RAW, KILL].map((set) => [set, needing(NET_RAW)(set)] as const);
    const { trials, ran } = trialsOf(needing(NET_RAW), { known });
    const answers = await trials.ask([NET_RAW, KILL]);
    expect(answers.map(({ works }) => works)).toEqual(["yes", "no"]);
    expect(ran).toEqual([KILL]);
    expect(trials.runs).toBe(5);
  });
});

describe("trials", () => {
  test("stop at their limit, on request, and when a run was interrupted", async () => {
    const limited = trialsOf(needing(0n), { runLimit: 2 });
    await expect(limited.trials.ask([NET_RAW])).rejects.toThrow(SearchStopped);
    expect(limited.ran).toHaveLength(1);
    const stopped = trialsOf(needing(0n), { signal: AbortSignal.abort() });
    await expect(stopped.trials.ask([NET_RAW])).rejects.toThrow(SearchStopped);
    expect(stopped.ran).toEqual([]);
    const interrupted = trialsOf(() =>
      outcome({ end: { kind: "interrupted", status: null, check: null } }),
    );
    await expect(interrupted.trials.ask([NET_RAW])).rejects.toThrow(SearchStopped);
    expect(interrupted.trials.runs).toBe(1);
  });

  test("tell of each run what it was like, against what is known to work", async () => {
    const { trials, told } = trialsOf(needing(NET_RAW));
    await trials.ask([NET_RAW]);
    await trials.ask([0n]);
    expect(
      told.map(({ number, set, working, failure }) => [number, set, working, failure]),
    ).toEqual([
      [2, NET_RAW, GRANTED, null],
      [3, NET_RAW, GRANTED, null],
      [4, 0n, NET_RAW, "ended with status 1, not 0"],
      [5, 0n, NET_RAW, "ended with status 1, not 0"],
    ]);
  });

  test("name what the first run used and the next did not", async () => {
    const used = ["chown", "net_raw"];
    const { trials } = trialsOf(() => outcome({ used: ["net_raw"] }), {
      reference: outcome({ used }),
    });
    expect(trials.unrepeated).toBe(0n);
    await trials.ask([GRANTED]);
    expect(trials.unrepeated).toBe(setOf("chown"));
  });

  test("run several sets at once, and no more than that", async () => {
    let [running, most] = [0, 0];
    const { trials } = trialsOf(() => outcome(), {
      perform: async () => {
        most = Math.max(most, ++running);
        await Bun.sleep(2);
        running--;
        return outcome();
      },
    });
    trials.width = 2;
    await trials.ask([NET_RAW, KILL, 0n]);
    expect([most, running]).toEqual([2, 0]);
  });
});

describe("the proof", () => {
  const prove = async (
    perform: (set: bigint, number: number) => Outcome,
    facts: Partial<TrialsOptions> = {},
  ): Promise<Proof> => {
    const { trials } = trialsOf(perform, facts);
    const groups = [[0], [5], [13]];
    const result = await findMinimalSets({ all: GRANTED, groups, kept: 0n }, trials);
    return proofOf(
      {
        method: "root",
        uid: 0,
        criterion: ENDS_WELL,
        runsPerAnswer: 2,
        notes: [],
        granted: GRANTED,
        lacking: setOf("bpf"),
        kept: 0n,
      },
      result,
      trials,
    );
  };
  const verdicts = ({ capabilities }: Proof): object =>
    Object.fromEntries(capabilities.map(({ capability, proof }) => [capability, proof]));

  test("says of each capability what is known, and why", async () => {
    const proof = await prove(needing(NET_RAW));
    expect(verdicts(proof)).toEqual({
      chown: "droppable",
      kill: "droppable",
      net_raw: "needed",
      bpf: "untested",
    });
    expect(proof.minimalSets).toEqual([["net_raw"]]);
    expect(proof.capabilities[2]).toMatchObject({
      failure: "ended with status 1, not 0",
      refused: [{ capability: "net_raw", errno: "EACCES" }],
    });
    expect(proof.capabilities[3]?.reason).toBe("capscope does not have it itself");
    expect([proof.runs, proof.durationNs]).toEqual([7, 7_000_000]);
  });

  test("of a command that wavers keeps what it wavers about, and is none", async () => {
    const proof = await prove((set, number) =>
      (set & KILL) === 0n && number % 2 === 0 ? outcome({ status: 1 }) : outcome(),
    );
    expect(verdicts(proof)).toMatchObject({ kill: "untested", net_raw: "droppable" });
    expect(proof.capabilities[1]?.reason).toMatch(/^it worked [123] of 4 times without it$/);
    expect([proof.minimalSets, proof.workingSet]).toEqual([[], ["kill"]]);
  });

  test("that was stopped says of which nothing is known", async () => {
    const proof = await prove(needing(NET_RAW), { runLimit: 4 });
    expect(verdicts(proof)).toMatchObject({ chown: "droppable", kill: "untested" });
    expect(proof.capabilities[1]?.reason).toBe("the search was stopped before");
    expect([proof.minimalSets, proof.workingSet]).toEqual([[], ["kill", "net_raw"]]);
  });
});
