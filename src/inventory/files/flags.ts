// SPDX-License-Identifier: Apache-2.0
import type { FileCapabilities } from "../../capabilities/file-capabilities.ts";
import { isInterpreter } from "../../capabilities/interpreters.ts";
import { givesRoot } from "../../capabilities/root-ways.ts";
import { EMPTY_SET } from "../../capabilities/set.ts";
import { FILE_FLAGS, type FileFlag, type ListedPackage } from "../model.ts";

/** What the flags of a file are judged by; null is "could not be checked". */
export interface FlagFacts {
  readonly path: string;
  readonly mode: number;
  /** Null when it has none, or none that can be decoded. */
  readonly capabilities: FileCapabilities | null;
  readonly undecodable: boolean;
  readonly isScript: boolean | null;
  readonly writableByOthers: boolean;
  readonly inWritableDirectory: boolean;
  readonly onNosuid: boolean;
  readonly package: ListedPackage | null;
  /** Some package manager has a database here. */
  readonly hasPackages: boolean;
}

const RULES: Readonly<Record<FileFlag, (facts: FlagFacts) => boolean>> = {
  "gives-root": ({ mode, capabilities }) =>
    (mode & 0o011) !== 0 &&
    capabilities !== null &&
    capabilities.rootUid === null &&
    givesRoot(capabilities.permitted),
  interpreter: ({ path, mode, capabilities }) =>
    isInterpreter(path) && (capabilities !== null || (mode & 0o4000) !== 0),
  "writable-by-others": ({ writableByOthers }) => writableByOthers,
  "in-writable-directory": ({ inWritableDirectory }) => inWritableDirectory,
  "differs-from-package": (facts) =>
    facts.package?.contentMatches === false ||
    facts.package?.modeMatches === false ||
    facts.package?.capabilitiesMatch === false,
  "not-from-package": (facts) => facts.hasPackages && facts.package === null,
  undecodable: ({ undecodable }) => undecodable,
  "root-id": ({ capabilities }) => capabilities !== null && capabilities.rootUid !== null,
  "inheritable-only": ({ capabilities }) =>
    capabilities !== null &&
    capabilities.permitted === EMPTY_SET &&
    capabilities.inheritable !== EMPTY_SET,
  "permitted-only": ({ capabilities }) =>
    capabilities !== null && capabilities.permitted !== EMPTY_SET && !capabilities.effective,
  script: ({ isScript }) => isScript === true,
  "not-executable": ({ mode }) => (mode & 0o111) === 0,
  "nosuid-mount": ({ onNosuid }) => onNosuid,
};

/** The flags of a file, worst first. Pure. */
export function assessFileFlags(facts: FlagFacts): readonly FileFlag[] {
  return FILE_FLAGS.filter((flag) => RULES[flag](facts));
}
