// SPDX-License-Identifier: Apache-2.0
import type { Scenario } from "../scenario.ts";

export const nft: Scenario = {
  title: "nft, which adds a table and a chain",
  files: ["/usr/sbin/nft"],
  needs: { net_admin: "each request" },
  prepare: () => ({
    command: [
      "/usr/sbin/nft",
      "add table inet capscope; add chain inet capscope input { type filter hook input priority 0; }",
    ],
    check: "nft list ruleset | grep -q capscope",
    reset: "nft delete table inet capscope 2>/dev/null; true",
  }),
};
