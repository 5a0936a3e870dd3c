// SPDX-License-Identifier: Apache-2.0
import { setOf, EMPTY_SET } from "../../../src/capabilities/set.ts";
import { listCapabilities } from "../../../src/inventory/files/describe.ts";
import { execOutcomes } from "../../../src/inventory/files/exec-outcomes.ts";
import type { FileChange } from "../../../src/inventory/model.ts";
import { renderFileChange } from "../../../src/report/inventory/file-change-text.ts";
import { renderInventoryJson } from "../../../src/report/inventory/json.ts";
import { testGolden } from "./golden.ts";

const CAPABILITIES = {
  permitted: setOf("net_raw", "net_admin"),
  inheritable: EMPTY_SET,
  effective: true,
  rootUid: null,
};
const FACTS = { mode: 0o755, uid: 0, gid: 0, capabilities: CAPABILITIES, nosuid: false };

const SET: FileChange = {
  schemaVersion: 1,
  kind: "file-change",
  tool: { name: "capscope", version: "0.1.0" },
  host: { name: "host.example", kernel: "6.12.0" },
  time: "2026-06-09T12:00:00.000Z",
  path: "/usr/bin/tool",
  action: "set",
  dryRun: false,
  changes: true,
  before: null,
  after: listCapabilities(CAPABILITIES),
  outcomes: execOutcomes(FACTS, "6.12.0"),
  notes: ["the file has 2 names: all of them are changed"],
};

const PERMITTED = { ...CAPABILITIES, effective: false };

const SCENARIOS: Readonly<Record<string, FileChange>> = {
  set: SET,
  permitted: {
    ...SET,
    dryRun: true,
    path: "/tmp/\u001b[2J (pid=1)",
    before: SET.after,
    after: listCapabilities(PERMITTED),
    outcomes: execOutcomes({ ...FACTS, capabilities: PERMITTED }, "6.12.0"),
  },
  nosuid: { ...SET, outcomes: execOutcomes({ ...FACTS, nosuid: true }, "6.12.0") },
  again: { ...SET, changes: false, before: SET.after },
  remove: {
    ...SET,
    action: "remove",
    before: SET.after,
    after: null,
    outcomes: execOutcomes({ ...FACTS, capabilities: null }, "6.12.0"),
    notes: [],
  },
};

testGolden("file-change", SCENARIOS, {
  txt: (change) => renderFileChange(change, { width: null, color: false }),
  "narrow.txt": (change) => renderFileChange(change, { width: 60, color: false }),
  json: renderInventoryJson,
});
