// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "bun:test";
import {
  capabilitiesHead,
  decodeMask,
  decodeProcess,
  encodeSpelling,
  explainCapabilities,
} from "../../src/capabilities/build-reports.ts";
import { parseSpelling } from "../../src/capabilities/parse-names.ts";
import type { DecodeReport, EncodeReport } from "../../src/capabilities/reports.ts";
import { EVERYTHING, NAMED_CAPABILITIES, setOf } from "../../src/capabilities/set.ts";
import { renderDecodeText } from "../../src/report/capabilities/decode-text.ts";
import { renderEncodeText } from "../../src/report/capabilities/encode-text.ts";
import { renderExplainText } from "../../src/report/capabilities/explain-text.ts";
import { toJson } from "../../src/report/text/escape.ts";
import type { TextOptions } from "../../src/report/text-options.ts";
import { parseBySchema } from "../privileged/harness/schemas.ts";
import { testGolden } from "./inventory/golden.ts";

const TERMINAL: TextOptions = { width: 80, color: false };
const PIPE: TextOptions = { width: null, color: false };
const COLOR: TextOptions = { width: 60, color: true };

const NOBODY = { host: null, time: null, processes: [] } as const;

const DECODED: Readonly<Record<string, DecodeReport>> = {
  masks: {
    ...capabilitiesHead("decode"),
    ...NOBODY,
    masks: [
      decodeMask("a80425fb", null, 0xa80425fbn),
      decodeMask("0", "CapInh", 0n),
      decodeMask("0x1ffffffffff", "CapBnd", NAMED_CAPABILITIES),
      decodeMask("ffffffffffffffff", null, EVERYTHING),
      decodeMask("2000000000f", null, 0x2000000000fn),
    ],
  },
  processes: {
    ...capabilitiesHead("decode"),
    host: { name: "web1", kernel: "6.12.0" },
    time: "2026-11-27T12:00:00.000Z",
    masks: [],
    processes: [
      decodeProcess(
        { pid: 812, comm: "chronyd", childUserNamespace: false, noNewPrivs: false },
        {
          inheritable: 0n,
          permitted: setOf("net_bind_service", "sys_time"),
          effective: setOf("sys_time"),
          bounding: NAMED_CAPABILITIES & ~setOf("sys_module"),
          ambient: 0n,
        },
      ),
      decodeProcess(
        { pid: 4711, comm: "\u001b[31mx\n", childUserNamespace: true, noNewPrivs: true },
        {
          inheritable: 0n,
          permitted: NAMED_CAPABILITIES,
          effective: NAMED_CAPABILITIES,
          bounding: NAMED_CAPABILITIES,
          ambient: 0n,
        },
      ),
    ],
  },
};

function encoded(text: string): EncodeReport {
  const spelling = parseSpelling(text);
  if (spelling.form === "unknown") throw new Error(text);
  return encodeSpelling(text, spelling);
}

const ENCODED: Readonly<Record<string, EncodeReport>> = {
  two: encoded("net_bind_service CAP_NET_RAW"),
  most: encoded("~CAP_SYS_ADMIN CAP_SYS_MODULE"),
  none: encoded("none"),
  unnamed: encoded("chown 41 63"),
  state: encoded("cap_net_raw,cap_net_admin=ep cap_kill=i"),
  vectors: encoded("^cap_net_raw,!cap_chown"),
};

testGolden("decode", DECODED, {
  txt: (report) => renderDecodeText(report, TERMINAL),
  "pipe.txt": (report) => renderDecodeText(report, PIPE),
  json: (report) => `${toJson(report)}\n`,
});

testGolden("encode", ENCODED, {
  txt: (report) => renderEncodeText(report, TERMINAL),
  json: (report) => `${toJson(report)}\n`,
});

testGolden(
  "explain",
  { all: explainCapabilities(NAMED_CAPABILITIES | (1n << 41n)) },
  { txt: (report) => renderExplainText(report, TERMINAL) },
);

testGolden(
  "explain",
  { one: explainCapabilities(setOf("net_bind_service")) },
  {
    "color.txt": (report) => renderExplainText(report, COLOR),
    json: (report) => `${toJson(report)}\n`,
  },
);

test("every document follows its schema", () => {
  for (const report of Object.values(DECODED)) parseBySchema(toJson(report), "decode");
  for (const report of Object.values(ENCODED)) parseBySchema(toJson(report), "encode");
  const all = explainCapabilities(EVERYTHING);
  parseBySchema(toJson(all), "explain");
  expect(all.capabilities).toHaveLength(64);
});

test("text on a terminal is not wider than it", () => {
  const text = renderExplainText(explainCapabilities(NAMED_CAPABILITIES), TERMINAL);
  for (const line of text.split("\n")) expect([line, line.length <= 80]).toEqual([line, true]);
});
