// SPDX-License-Identifier: Apache-2.0
import type { CheckRecord, CredentialsRecord } from "../linux/bpf/observation.ts";
import { INITIAL_USER_NAMESPACE } from "../linux/procfs/namespaces.ts";
import type { SystemContext } from "./model.ts";

/** What has to be known besides a check to judge it. */
export interface Surroundings {
  readonly context: SystemContext;
  /** By id. */
  readonly credentials: ReadonlyMap<number, CredentialsRecord>;
  /** Ids of credentials that belong to the initial user namespace for certain. */
  readonly ofInitialNamespace: ReadonlySet<number>;
  /** Ids of credentials whose owner then put into its inheritable set what it did not have. */
  readonly growingInheritable: ReadonlySet<number>;
}

/** Takes what the other records of a trace say about its checks. */
export function surroundingsOf(evidence: {
  readonly context: SystemContext;
  readonly checks: readonly CheckRecord[];
  readonly credentials: readonly CredentialsRecord[];
}): Surroundings {
  const credentials = new Map(evidence.credentials.map((row) => [row.id, row]));
  return {
    context: evidence.context,
    credentials,
    ofInitialNamespace: new Set(evidence.checks.flatMap(initialCredentials)),
    growingInheritable: new Set(
      evidence.credentials.flatMap((row) => growingCredentials(row, credentials)),
    ),
  };
}

/** Nothing that lives in a child user namespace is ever granted anything in the initial one. */
function initialCredentials(check: CheckRecord): readonly number[] {
  const { granted, targetNamespace, borrowedCredentials, credentials } = check;
  const isInitial = granted && targetNamespace === INITIAL_USER_NAMESPACE && !borrowedCredentials;
  return isInitial && credentials !== null ? [credentials] : [];
}

/** capset(2) allows it with CAP_SETPCAP alone; man 7 capabilities. */
function growingCredentials(
  row: CredentialsRecord,
  credentials: ReadonlyMap<number, CredentialsRecord>,
): readonly number[] {
  const before = row.previous === null ? undefined : credentials.get(row.previous);
  if (before === undefined || before.image !== row.image) return [];
  const gained = row.inheritable & ~(before.inheritable | before.permitted);
  return gained === 0n ? [] : [before.id];
}
