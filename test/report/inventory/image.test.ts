// SPDX-License-Identifier: Apache-2.0
import { test } from "bun:test";
import type { ImageFile, ImageReport } from "../../../src/inventory/model.ts";
import { renderImageTable } from "../../../src/report/inventory/image-table.ts";
import { renderInventoryJson } from "../../../src/report/inventory/json.ts";
import { parseBySchema } from "../../privileged/harness/schemas.ts";
import { testGolden } from "./golden.ts";

const PING: ImageFile = {
  path: "/usr/bin/ping",
  otherPaths: [],
  mode: "0755",
  uid: 0,
  gid: 0,
  setuid: false,
  setgid: false,
  capabilities: {
    text: "cap_net_raw=ep",
    permitted: ["net_raw"],
    inheritable: [],
    effective: true,
    rootUid: null,
  },
  undecodedAttribute: null,
  flags: [],
  layer: 1,
};

const REPORT: ImageReport = {
  schemaVersion: 1,
  kind: "image-files",
  tool: { name: "capscope", version: "0.1.0" },
  host: { name: "host.example", kernel: "6.12.0" },
  time: "2026-06-09T12:00:00.000Z",
  archive: "image.tar",
  images: [{ names: ["example/tool:1"], layers: 3, files: [PING] }],
  coverage: { complete: true, gaps: [] },
};

const SCENARIOS: Readonly<Record<string, ImageReport>> = {
  one: REPORT,
  hostile: {
    ...REPORT,
    images: [
      {
        names: ["a\u001b[2J", "b (x)"],
        layers: 1,
        files: [
          {
            ...PING,
            path: "/\u202e\udce9",
            otherPaths: ["/a b"],
            capabilities: null,
            undecodedAttribute: "ff",
            flags: ["writable-by-others", "undecodable"],
          },
        ],
      },
      { names: [], layers: 0, files: [] },
    ],
    coverage: {
      complete: false,
      gaps: [
        {
          code: "layer-unreadable",
          incomplete: true,
          count: 1,
          message: "layer x\u0007: it is not in the archive",
          remedy: null,
        },
      ],
    },
  },
};

testGolden("image", SCENARIOS, {
  table: (report) => renderImageTable(report, { width: null, color: false }),
  "color.table": (report) => renderImageTable(report, { width: null, color: true }),
  json: renderInventoryJson,
});

test("json follows its schema", () => {
  for (const report of Object.values(SCENARIOS)) {
    parseBySchema(renderInventoryJson(report), "image-files");
  }
});
