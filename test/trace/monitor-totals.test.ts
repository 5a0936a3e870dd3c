// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { MonitorTotals, type TotalGroup } from "../../src/trace/monitor/totals.ts";

const group = (facts: Partial<TotalGroup>): TotalGroup => ({
  pid: 1,
  taskStartNs: 10,
  comm: "a",
  unit: null,
  ...facts,
});
const once = { capability: 0, granted: true, count: 1, firstNs: 5, lastNs: 6 };

describe("totals", () => {
  test("tell processes with one pid apart by their start, and add up what is the same", () => {
    const totals = new MonitorTotals("pid");
    totals.add(group({}), once);
    totals.add(group({}), { ...once, granted: false, count: 3, firstNs: 2, lastNs: 9 });
    totals.add(group({ taskStartNs: 11 }), once);
    const rows = totals.rows();
    expect(rows).toHaveLength(2);
    expect(rows[0]?.total).toEqual({ granted: 1, denied: 3, firstNs: 2, lastNs: 9 });
  });

  test("by comm and by unit keep only that", () => {
    for (const by of ["comm", "unit"] as const) {
      const totals = new MonitorTotals(by);
      totals.add(group({ pid: 1, unit: "u" }), once);
      totals.add(group({ pid: 2, unit: "u" }), once);
      expect(totals.rows().map(({ group: each, total }) => [each, total.granted])).toEqual([
        [
          {
            pid: null,
            taskStartNs: null,
            comm: by === "comm" ? "a" : null,
            unit: by === "unit" ? "u" : null,
          },
          2,
        ],
      ]);
    }
  });

  test("of too many groups the quietest become one, and nothing is lost", () => {
    const totals = new MonitorTotals("pid", 3);
    for (let pid = 1; pid <= 100; pid++) {
      totals.add(group({ pid, comm: pid % 2 === 0 ? "even" : "odd" }), once);
      totals.add(group({ pid: 1, comm: "odd" }), once);
    }
    const rows = totals.rows();
    expect(rows.reduce((sum, { total }) => sum + total.granted, 0)).toBe(200);
    const kept = rows.filter(({ rest }) => !rest).map(({ group: { pid } }) => pid);
    expect(kept.toSorted((a, b) => a! - b!)).toEqual([1, 99, 100]);
    const folded = rows.filter(({ rest }) => rest);
    expect(folded.map(({ group: { pid, comm } }) => [pid, comm]).toSorted()).toEqual([
      [null, "even"],
      [null, "odd"],
    ]);
  });

  test("programs that change their names without end do not fill the memory", () => {
    const totals = new MonitorTotals("comm", 4);
    for (let at = 0; at < 1000; at++) totals.add(group({ comm: `name${at}` }), once);
    expect(totals.rows()).toHaveLength(5);
    expect(totals.rows().find(({ rest }) => rest)?.total.granted).toBe(996);
    const byPid = new MonitorTotals("pid", 4);
    for (let pid = 0; pid < 1000; pid++) byPid.add(group({ pid, comm: `name${pid}` }), once);
    expect(byPid.rows().length).toBeLessThan(10);
  });
});
