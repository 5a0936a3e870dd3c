// SPDX-License-Identifier: Apache-2.0
import { Command, InvalidArgumentError, Option } from "commander";
import type { FileCapabilities } from "../capabilities/file-capabilities.ts";
import { parseLibcapText } from "../capabilities/libcap-text.ts";
import { parseCapabilityNames } from "../capabilities/parse-names.ts";
import { EMPTY_SET, includesAll } from "../capabilities/set.ts";
import { UsageError } from "../errors.ts";
import { parseId } from "../linux/account.ts";
import { parseName } from "./option-values.ts";

/** The command line of `capscope files set` and `remove`, as given. */
export interface FileChangeRequest {
  readonly path: string;
  /** Null for `remove`. */
  readonly capabilities: FileCapabilities | null;
  readonly noLinks: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
}

interface RawOptions {
  readonly rootId?: number;
  readonly symlinks: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

type Run = (request: FileChangeRequest) => Promise<void>;

/** Declares `capscope files set`. */
export function setCommand(run: Run): Command {
  const command = new Command("set")
    .summary("give a file capabilities")
    .description(
      "Sets the capabilities of one regular file, in place of those that it has, and says what the " +
        "kernel makes of them. Refuses when the file changes meanwhile.",
    )
    .argument("<file>", "the file; not a symbolic link", parseName)
    .argument("<capabilities...>", "cap_net_raw=ep, or names: net_raw,net_admin (as =ep)")
    .addOption(
      new Option(
        "--root-id <uid>",
        "only in user namespaces whose root is this uid (version 3)",
      ).argParser(parseRootId),
    );
  return addChangeOptions(command).action(
    (path: string, words: readonly string[], raw: RawOptions) =>
      run({ ...requestOf(path, raw), capabilities: parseCapabilities(words, raw.rootId ?? null) }),
  );
}

/** Declares `capscope files remove`. */
export function removeCommand(run: Run): Command {
  const command = new Command("remove")
    .summary("take a file's capabilities away")
    .description("Removes the capabilities of one regular file. Fine when it has none.")
    .argument("<file>", "the file; not a symbolic link", parseName);
  return addChangeOptions(command).action((path: string, raw: RawOptions) =>
    run(requestOf(path, raw)),
  );
}

function addChangeOptions(command: Command): Command {
  return command
    .option("--no-symlinks", "refuse a path any part of which is a symbolic link")
    .option("-n, --dry-run", "only say what would be done, and what follows from it")
    .option("--json", "say it as JSON");
}

function requestOf(path: string, raw: RawOptions): FileChangeRequest {
  return {
    path,
    capabilities: null,
    noLinks: !raw.symlinks,
    dryRun: raw.dryRun === true,
    json: raw.json === true,
  };
}

function parseRootId(text: string): number {
  const uid = parseId(text);
  if (uid === null) throw new InvalidArgumentError("It is not a user id.");
  return uid;
}

/** In libcap's text form where there is a `=`, `+` or `-`; else names, to be permitted and effective. */
function parseCapabilities(words: readonly string[], rootUid: number | null): FileCapabilities {
  const text = words.join(" ");
  if (!/[=+-]/.test(text)) {
    const permitted = parseCapabilityNames(text);
    if (permitted === null) throw notCapabilities(text);
    return assertSome({ permitted, inheritable: EMPTY_SET, effective: true, rootUid });
  }
  const state = parseLibcapText(text);
  if (state === null) throw notCapabilities(text);
  const { permitted, inheritable } = state;
  const isAll = includesAll(state.effective, permitted | inheritable);
  const isWithin = includesAll(permitted | inheritable, state.effective);
  if (state.effective !== EMPTY_SET && !(isAll && isWithin)) {
    throw new UsageError(
      `a file has one effective bit for all its capabilities, and ${text} sets it for some`,
      "write e for all of them, or for none",
    );
  }
  return assertSome({ permitted, inheritable, effective: state.effective !== EMPTY_SET, rootUid });
}

function assertSome(capabilities: FileCapabilities): FileCapabilities {
  if ((capabilities.permitted | capabilities.inheritable) !== EMPTY_SET) return capabilities;
  throw new UsageError("there are no capabilities to set", "capscope files remove takes them away");
}

function notCapabilities(text: string): UsageError {
  return new UsageError(
    `these are no capabilities: ${text}`,
    "say cap_net_raw=ep, or names such as net_raw,net_admin",
  );
}
