// SPDX-License-Identifier: Apache-2.0

/** What a file of one layer may import besides its own layer, and what it may touch. */
export interface Layer {
  /** A folder or a file directly under src/. */
  readonly name: string;
  readonly layers: readonly string[];
  /** Packages and `node:` modules; a trailing `*` stands for any ending. */
  readonly packages: readonly string[];
  /** Layers whose model.ts it may import: types, and tables of constants. */
  readonly models: readonly string[];
  readonly bans: readonly Ban[];
}

/** A global object or function that a layer may not use. */
export interface Ban {
  readonly name: string;
  readonly pattern: RegExp;
}

// `process` is also what a process of the report is called, so the members tell which one it is.
const PROCESS: Ban = {
  name: "process",
  pattern:
    /(?<![\w$.])process\.(arg|env|exit|std|cwd|chdir|kill|on\(|once|off\(|arch|platform|version|get|set|umask|hrtime|nextTick|memory|execPath|ppid|title|uptime)|globalThis\.process/,
};
const CONSOLE: Ban = { name: "console", pattern: /(?<![\w$.])console\./ };
const CLOCK: Ban = { name: "the clock", pattern: /\bDate\.now\b|\bnew Date\b(?!\([^)])/ };
const CHANCE: Ban = { name: "chance", pattern: /\bMath\.random\b|\brandomUUID\b/ };

const NO_TERMINAL = [PROCESS, CONSOLE];
const PURE = [...NO_TERMINAL, CLOCK, CHANCE];

/** The table of docs/architecture.md. Every file under src/ belongs to one row. */
export const LAYERS: readonly Layer[] = [
  { name: "errors.ts", layers: [], packages: [], models: [], bans: PURE },
  { name: "version.ts", layers: [], packages: [], models: [], bans: PURE },
  { name: "capabilities", layers: [], packages: [], models: [], bans: PURE },
  {
    name: "manifest",
    layers: ["capabilities"],
    packages: ["yaml"],
    models: ["manifest"],
    bans: PURE,
  },
  {
    name: "linux",
    layers: ["capabilities", "manifest"],
    packages: ["node:*"],
    models: [],
    bans: NO_TERMINAL,
  },
  {
    name: "process",
    layers: ["linux", "capabilities"],
    packages: [],
    models: ["process"],
    bans: NO_TERMINAL,
  },
  {
    name: "exposure",
    layers: ["process", "linux", "capabilities"],
    packages: [],
    models: ["exposure"],
    bans: NO_TERMINAL,
  },
  {
    name: "trace",
    layers: ["linux", "capabilities"],
    packages: [],
    models: ["trace"],
    bans: NO_TERMINAL,
  },
  {
    name: "harden",
    layers: ["capabilities", "manifest"],
    packages: [],
    models: ["process", "trace"],
    bans: PURE,
  },
  {
    name: "lint",
    layers: ["manifest", "capabilities"],
    packages: [],
    models: ["lint"],
    bans: PURE,
  },
  {
    name: "verify",
    layers: ["process", "linux", "manifest", "capabilities"],
    packages: [],
    models: ["verify", "process"],
    bans: NO_TERMINAL,
  },
  {
    name: "apply",
    layers: ["linux", "capabilities"],
    packages: [],
    models: ["apply", "verify"],
    bans: NO_TERMINAL,
  },
  {
    name: "doctor",
    layers: ["linux", "capabilities"],
    packages: [],
    models: ["doctor", "exposure"],
    bans: NO_TERMINAL,
  },
  {
    name: "inventory",
    layers: ["process", "linux", "capabilities"],
    packages: [],
    models: ["inventory"],
    bans: NO_TERMINAL,
  },
  {
    name: "report",
    layers: ["capabilities"],
    packages: ["string-width", "yaml", "sarif"],
    models: [
      "process",
      "exposure",
      "trace",
      "harden",
      "verify",
      "lint",
      "apply",
      "doctor",
      "inventory",
    ],
    bans: PURE,
  },
  {
    name: "index.ts",
    layers: [
      "exposure",
      "trace",
      "harden",
      "verify",
      "lint",
      "apply",
      "doctor",
      "inventory",
      "report",
      "manifest",
      "capabilities",
    ],
    packages: [],
    models: [
      "process",
      "exposure",
      "trace",
      "harden",
      "verify",
      "lint",
      "apply",
      "doctor",
      "inventory",
    ],
    bans: PURE,
  },
  {
    name: "cli",
    layers: [
      "index.ts",
      "exposure",
      "trace",
      "harden",
      "verify",
      "lint",
      "apply",
      "doctor",
      "inventory",
      "report",
      "process",
      "linux",
      "manifest",
      "capabilities",
    ],
    packages: ["node:*", "commander", "diff"],
    models: [
      "process",
      "exposure",
      "trace",
      "harden",
      "verify",
      "lint",
      "apply",
      "doctor",
      "inventory",
    ],
    bans: [],
  },
];

/** Files that every layer may import. */
export const SHARED: readonly string[] = ["errors.ts", "version.ts"];

/** Packages that one folder wraps; nothing else imports them. */
export const WRAPPED: ReadonlyMap<string, string> = new Map([["koffi", "linux/ffi/"]]);
