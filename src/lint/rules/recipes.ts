// SPDX-License-Identifier: Apache-2.0
import { CAPABILITY_NAMES } from "../../capabilities/names.ts";
import type { Manifest, ShellCommand, Word } from "../../manifest/model.ts";
import { programOf } from "../../manifest/shell/commands.ts";
import { type Flaw, flaw, replacement, type Rule } from "../rule.ts";

/** Commands that look at capabilities and do not see them. */
export const RECIPE_RULES: readonly Rule[] = [
  {
    id: "ps-no-such-column",
    severity: "error",
    title: "a column of capabilities that ps does not have",
    why: "ps stops with: unknown user-defined format specifier. It shows no capabilities.",
    fix: "use capscope ps, getpcaps, pscap, or grep Cap /proc/PID/status",
    source: "ps(1), Standard format specifiers; tried with procps 4.0.2",
    check: (manifest) => perCommand(manifest, psColumns, "ps"),
  },
  {
    id: "bpftrace-retval",
    severity: "error",
    title: "retval where a function only begins",
    why: "bpftrace refuses the script: a function's result is known at its end, in kretprobe, uretprobe and fexit (kretfunc).",
    fix: "keep the arguments in a map in kprobe and print them with retval in kretprobe, or use fexit:cap_capable, which has both",
    source: "bpftrace(8), Probes; bpftrace language, Builtins",
    check: (manifest) =>
      perCommand(manifest, bpftraceFlaws("begin", /\bretval\b/, "retval"), "bpftrace"),
  },
  {
    id: "bpftrace-arguments-at-return",
    severity: "error",
    title: "arguments where a function returns",
    why: "At a kretprobe the registers of the arguments hold other values by then: bpftrace refuses arg0 and its like there.",
    fix: "keep the arguments in a map in kprobe, or use fexit, which has both",
    source: "bpftrace(8), Probes; bpftrace language, Builtins",
    check: (manifest) =>
      perCommand(manifest, bpftraceFlaws("end", /\barg\d\b/, "an argument"), "bpftrace"),
  },
  {
    id: "capsh-decode-without-mask",
    severity: "error",
    title: "xargs capsh --decode= decodes nothing",
    why: "xargs adds words, it does not join them: capsh decodes an empty mask, 0, and takes the words for options of its own.",
    fix: "awk '{print $2}' | xargs -I{} capsh --decode={}",
    source: "xargs(1), -I; capsh(1), --decode; tried with libcap 2.66",
    check: (manifest) => perCommand(manifest, decodeNothing, "xargs"),
  },
  {
    id: "strace-class",
    severity: "error",
    title: "strace that leaves out the system calls which it is searched for",
    why: "capset, capget and prctl are in the class %creds; %process, %network and others do not have them, so that the search finds nothing.",
    fix: "write strace -e trace=capset,prctl or -e trace=%creds",
    source: "strace(1), -e trace; tried with strace 6.1",
    check: (manifest) => perCommand(manifest, straceClass, "strace"),
  },
  {
    id: "pgrep-several",
    severity: "warning",
    title: "a path with all processes of a name",
    why: "pgrep prints one pid a line. A daemon with workers has several, and /proc/$(pgrep NAME)/status falls apart into words that are no files.",
    fix: "pgrep -o takes the oldest, which is the master; or use systemctl show -p MainPID --value UNIT",
    source: "pgrep(1), -o; sh(1), Field Splitting",
    check: ({ commands }) => commands.flatMap(({ words }) => words.flatMap(severalPids)),
  },
  {
    id: "outdated-full-mask",
    severity: "warning",
    title: "a comparison with the full mask of one kernel",
    why: "How many capabilities there are depends on the kernel: 0000003fffffffff until 5.7, 000000ffffffffff with 5.8, 000001ffffffffff since 5.9. On another kernel the comparison is never true.",
    fix: "compare with the highest one in /proc/sys/kernel/cap_last_cap, or use capscope self",
    source:
      "kernel, include/uapi/linux/capability.h; capabilities(7), CAP_BPF, CAP_CHECKPOINT_RESTORE",
    check: ({ commands }) => commands.flatMap(fullMask),
  },
  {
    id: "tool-unknown-option",
    severity: "error",
    title: "an option that the tool does not have",
    why: "The tool prints its usage and does nothing.",
    fix: "see the tool's man page",
    source: "netcap(8), pscap(8), filecap(8), getcap(8), setcap(8), getpcaps(8), capsh(1)",
    check: ({ commands }) => commands.flatMap(unknownOptions),
  },
  {
    id: "filecap-prefix",
    severity: "error",
    title: "cap_ before a name for filecap",
    why: "filecap takes the names of libcap-ng, which have no prefix: net_raw. It refuses cap_net_raw.",
    fix: "leave cap_ out",
    source: "filecap(8); tried with libcap-ng",
    check: (manifest) =>
      perCommand(
        manifest,
        ({ words }) =>
          words
            .slice(2)
            .filter(
              ({ text }) =>
                /^cap_/i.test(text) && CAPABILITY_NAMES.includes(text.slice(4).toLowerCase()),
            )
            .map((word) =>
              replacement(word, `filecap does not know ${word.text}`, word.text.slice(4)),
            ),
        "filecap",
      ),
  },
];

function perCommand(
  { commands }: Manifest,
  check: (command: ShellCommand) => readonly Flaw[],
  program: string,
): readonly Flaw[] {
  return commands.filter((command) => programOf(command) === program).flatMap(check);
}

function psColumns({ words }: ShellCommand): readonly Flaw[] {
  return words.flatMap((word, at) => {
    const before = words[at - 1]?.text ?? "";
    const isList = /^-[a-zA-Z]*o$|^o$|^--format$/.test(before) && !before.startsWith("--sort");
    const list = isList
      ? word.text
      : (/^(?:-[a-zA-Z]*o|--format=)(.+)$/.exec(word.text)?.[1] ?? "");
    const column = list
      .split(/[\s,]+/)
      .find((name) => /^(?:cap|p?caps?_?(?:eff|prm|bnd|inh|amb)|pcaps?$)/i.test(name));
    return column === undefined ? [] : [flaw(word, `ps has no column ${column}`)];
  });
}

const BEGIN = /^(?:kprobe|k|uprobe|u|fentry|kfunc|f)$/;
const WHERE = {
  begin: "the function has not returned yet",
  end: "the registers hold other values by then",
} as const;
const END = /^(?:kretprobe|kr|uretprobe|ur)$/;

function bpftraceFlaws(
  where: "begin" | "end",
  pattern: RegExp,
  what: string,
): (command: ShellCommand) => readonly Flaw[] {
  return ({ words }) => {
    const script = words.find(({ text }, at) => words[at - 1]?.text === "-e" || /[{;]/.test(text));
    if (script === undefined) return [];
    return script.text.split("}").flatMap((probe) => {
      const [names = "", ...actions] = probe.split("{");
      const body = actions.join(" ");
      const types = names.split(/[\s,;]+/).map((name) => name.split(":")[0] ?? "");
      const type = types.find((each) => (where === "begin" ? BEGIN : END).test(each));
      return type !== undefined && pattern.test(body)
        ? [flaw(script, `${what} in ${type}: ${WHERE[where]}`)]
        : [];
    });
  };
}

function decodeNothing({ words }: ShellCommand): readonly Flaw[] {
  const texts = words.map(({ text }) => text);
  const at = texts.findIndex((text) => text === "capsh" || text.endsWith("/capsh"));
  const isReplacing = texts.slice(0, at).some((text) => /^-(?:I|i|-replace)/.test(text));
  const last = words.at(-1);
  if (at === -1 || isReplacing || last === undefined || !/^--decode=?$/.test(last.text)) return [];
  return [flaw(last, "capsh decodes an empty mask: xargs adds the mask as a word of its own")];
}

const OF_CREDENTIALS = /\b(?:capset|capget|prctl)\b/;

function straceClass(command: ShellCommand): readonly Flaw[] {
  const { words, pipedInto } = command;
  const search = pipedInto === null ? "" : pipedInto.words.map(({ text }) => text).join(" ");
  const wanted = OF_CREDENTIALS.exec(search)?.[0];
  const filter = words.find(
    ({ text }) => /^(?:-e)?(?:trace=|%)/.test(text) || text.startsWith("--trace="),
  );
  if (wanted === undefined || filter === undefined) return [];
  const list = filter.text.replace(/^(?:-e)?(?:(?:--)?trace=)?/, "").split(",");
  const sees = (name: string): boolean =>
    /^(?:all|%?creds|!|\/|\?)/.test(name) || name === wanted || name.startsWith("!");
  return list.some(sees) ? [] : [flaw(filter, `${filter.text} does not trace ${wanted}`)];
}

function severalPids(word: Word): readonly Flaw[] {
  const inner =
    /\/proc\/(?:\$\(\s*(pgrep\s[^)]*|pidof\s[^)]*)\)|`\s*(pgrep\s[^`]*|pidof\s[^`]*)`)\//.exec(
      word.text,
    );
  const call = inner?.[1] ?? inner?.[2];
  if (call === undefined || isSingle(call)) return [];
  return [flaw(word, `${call.trim()} may print several pids`)];
}

/** -o, -n and pidof's -s give one; a pattern with -f is made to fit one. */
function isSingle(call: string): boolean {
  if (/\|\s*(?:head|tail)\b/.test(call)) return true;
  return /^pidof\s/.test(call)
    ? /\s-s\b/.test(call)
    : /\s-[a-zA-Z]*[onf]|--(?:oldest|newest|full)/.test(call);
}

const COMPARED: ReadonlySet<string> = new Set([
  "grep",
  "egrep",
  "fgrep",
  "[",
  "[[",
  "test",
  "awk",
  "sed",
]);

function fullMask(command: ShellCommand): readonly Flaw[] {
  if (!COMPARED.has(programOf(command))) return [];
  return command.words
    .filter(({ text }) => /(?:^|[^0-9a-f])0*(?:1f|3f|ff)ffffffff(?![0-9a-f])/i.test(text))
    .map((word) => flaw(word, "the full mask differs from kernel to kernel"));
}

/** Options of each tool; of one-letter ones any mixture. */
const OPTIONS: Readonly<Record<string, RegExp>> = {
  netcap: /^--(?:advanced|interface(?:=.*)?|list-interfaces|json|no-color|help)$/,
  pscap: /^(?:-[ap]|--tree)$/,
  filecap: /^-[ad]$/,
  getcap: /^-[hnrv]+$/,
  setcap: /^(?:-[hnqrv]|-|--license)$/,
  getpcaps: /^--(?:verbose|ugly|legacy|iab|usage|help|license)$/,
};

function unknownOptions(command: ShellCommand): readonly Flaw[] {
  const program = programOf(command);
  const known = Object.hasOwn(OPTIONS, program) ? OPTIONS[program] : undefined;
  if (known === undefined) return [];
  return command.words
    .slice(1)
    .filter(({ text }) => /^-{1,2}[a-zA-Z]/.test(text) && !known.test(text))
    .map((word) => flaw(word, `${program} has no option ${word.text}`));
}
