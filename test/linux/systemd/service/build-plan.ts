// SPDX-License-Identifier: Apache-2.0
import { fileAccounts } from "../../../../src/linux/account.ts";
import { planService, type ServicePlan } from "../../../../src/linux/systemd/service/plan.ts";
import { setOf } from "../../../../src/capabilities/set.ts";

const PASSWD = `root:x:0:0:root:/root:/bin/bash
www:x:33:34:web server:/var/www:/usr/sbin/nologin
alice:x:1000:1000::/home/alice:/bin/bash
nobody:x:65534:65534::/:/usr/sbin/nologin
`;
const GROUP = `root:x:0:
www:x:34:
adm:x:4:alice,bob
ssl:x:113:www
alice:x:1000:
`;

export const SPECIFIERS = {
  hostname: "host1.example.org",
  kernel: "6.18.0",
  machineId: "0123456789abcdef0123456789abcdef",
  bootId: null,
  osRelease: new Map([["ID", "debian"]]),
  architecture: "x86-64",
};

export interface PlanOptions {
  readonly unit?: string;
  readonly dropIns?: readonly string[];
  readonly override?: readonly string[];
  readonly managerEnvironment?: Readonly<Record<string, string>>;
}

/** The plan of a unit with these lines in [Service]; an ExecStart= is added unless there is one. */
export function plan(lines: string, options: PlanOptions = {}): ServicePlan {
  const { unit = "web.service", dropIns = [], override = [], managerEnvironment = {} } = options;
  const command = /^ExecStart=/m.test(lines) ? "" : "ExecStart=/bin/web\n";
  const file = (text: string, at: number) => ({ path: `/etc/systemd/system/${unit}${at}`, text });
  return planService(
    {
      unit,
      fragment: {
        ...file(`[Service]\n${command}${lines}\n`, 0),
        path: `/etc/systemd/system/${unit}`,
      },
      dropIns: dropIns.map((text, at) => file(`[Service]\n${text}\n`, at + 1)),
      socketUnit: null,
    },
    {
      database: fileAccounts(PASSWD, GROUP),
      specifiers: SPECIFIERS,
      managerEnvironment,
      defaultPath: "/usr/local/bin:/usr/bin",
      override,
    },
  );
}

/** All 64 bits but these. */
export function allBut(...names: readonly string[]): bigint {
  return ((1n << 64n) - 1n) & ~setOf(...names);
}
