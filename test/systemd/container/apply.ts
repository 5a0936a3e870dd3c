// SPDX-License-Identifier: Apache-2.0
// Applies a drop-in: the arguments are the request, as JSON.
import { parseCapabilityNames } from "../../../src/capabilities/parse-names.ts";
import { type ApplyRequest, runApply } from "../../../src/cli/harden-apply.ts";
const request = JSON.parse(process.argv[2] ?? "{}") as ApplyRequest & { readonly caps: string };
const set = parseCapabilityNames(request.caps) ?? 0n;
const given = { source: "list", file: null, proven: null, set, before: null } as const;
process.exitCode = await runApply({ ...request, given }).catch((error: unknown) => {
  console.error(String(error));
  return 99;
});
