// SPDX-License-Identifier: Apache-2.0
import { capabilitiesHead, decodeMask, decodeProcess } from "../capabilities/build-reports.ts";
import { parseCapabilityNames } from "../capabilities/parse-names.ts";
import type { DecodedMask, DecodeReport } from "../capabilities/reports.ts";
import { parseMask } from "../capabilities/set.ts";
import { UsageError } from "../errors.ts";
import { renderDecodeText } from "../report/capabilities/decode-text.ts";
import { toJson } from "../report/text/escape.ts";
import type { DecodeRequest } from "./decode-options.ts";
import { EXIT_CODE, type ExitCode } from "./exit-code.ts";
import { writeReport } from "./output.ts";
import { readInput } from "./read-input.ts";
import { textOptionsOf } from "./report-options.ts";

const INPUT_LIMIT_BYTES = 1 << 20;
/** As /proc/PID/status has it. */
const STATUS_LINE = /^(Cap(?:Inh|Prm|Eff|Bnd|Amb)):\s*(\S+)\s*$/gm;

/** Runs `capscope decode`. */
export async function runDecode(request: DecodeRequest): Promise<ExitCode> {
  const { masks, pids } = request;
  if (masks.length === 0 && pids.length === 0) {
    throw new UsageError("there is no mask", "capscope decode MASK, or --pid PID");
  }
  // Before any process is looked at: what is wrong with the arguments comes first.
  const decoded = decodeMasks(masks);
  const report: DecodeReport = {
    ...capabilitiesHead("decode"),
    ...(pids.length === 0
      ? { host: null, time: null, masks: decoded, processes: [] }
      : { ...(await decodeProcesses(pids)), masks: decoded }),
  };
  const text =
    request.format === "json"
      ? `${toJson(report)}\n`
      : renderDecodeText(report, textOptionsOf(request, false));
  writeReport(text, request.output);
  return EXIT_CODE.ok;
}

async function decodeProcesses(
  pids: readonly number[],
): Promise<Pick<DecodeReport, "host" | "time" | "processes">> {
  const { readHost } = await import("../linux/procfs/machine.ts");
  const { readSets } = await import("../linux/procfs/five-sets.ts");
  const processes = [...new Set(pids)].map((pid) => {
    const { sets, ...process } = readSets(pid);
    return decodeProcess({ pid, ...process }, sets);
  });
  return { host: readHost(), time: new Date().toISOString(), processes };
}

function decodeMasks(words: readonly string[]): readonly DecodedMask[] {
  return words.flatMap((word) => {
    if (word !== "-") return [decodeWord(word, null)];
    const text = readInput("-", INPUT_LIMIT_BYTES);
    const lines = [...text.matchAll(STATUS_LINE)];
    if (lines.length > 0) {
      return lines.map(([, label = "", mask = ""]) => decodeWord(mask, label));
    }
    const read = text.split(/\s+/).filter((each) => each !== "");
    if (read.length === 0) throw new UsageError("standard input has no mask");
    return read.map((each) => decodeWord(each, null));
  });
}

function decodeWord(given: string, label: string | null): DecodedMask {
  const digits = given.replace(/^0x/i, "");
  if (/^[0-9a-f]{17,}$/i.test(digits)) {
    throw new UsageError(`${given} has more than 64 bits, and is no set of capabilities`);
  }
  if (!/^[0-9a-f]+$/i.test(digits)) {
    const isName = parseCapabilityNames(given) !== null;
    const hint = isName ? `it is a name: capscope encode ${given}` : "a mask looks like a80425fb";
    throw new UsageError(`${given} is no hexadecimal mask`, hint);
  }
  return decodeMask(given, label, parseMask(digits));
}
