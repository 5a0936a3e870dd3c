// SPDX-License-Identifier: Apache-2.0
// Opens a shell in a guest with one of the kernels. Usage: bun test/vm/shell.ts [KERNEL]
import { openGuestTerminal } from "../../guest/boot.ts";
import { KERNEL_LINES, type KernelLine, prepareKernel } from "../../guest/kernel.ts";
import { enterDirectory } from "../../guest/shell-text.ts";
import { whyNoMachine } from "./whether-machine.ts";

const ROOT = process.cwd();
const [word = "6.12"] = process.argv.slice(2);
const line = (Object.keys(KERNEL_LINES) as KernelLine[]).find((each) => each === word);
const reason = whyNoMachine();
if (line === undefined)
  fail(`no such kernel: ${word}; one of ${Object.keys(KERNEL_LINES).join(", ")}`);
else if (reason !== null) fail(reason);
else await open(line);

async function open(kernelLine: KernelLine): Promise<void> {
  const kernel = await prepareKernel(kernelLine, new AbortController().signal);
  process.stderr.write(
    `Linux ${kernel.release}; what is written stays in memory. exit ends it, Ctrl-A X kills it.\n`,
  );
  const { columns = 80, rows = 24 } = process.stdout;
  const terminal = `stty sane rows ${rows} cols ${columns}; exec bash -i`;
  const script = `${enterDirectory(ROOT)}
setsid --ctty --wait sh -c '${terminal}' </dev/ttyS0 >/dev/ttyS0 2>&1
exit 0
`;
  await openGuestTerminal({ kernel, script, first: "shell", modules: [], cpus: 1 });
}

function fail(message: string): void {
  process.stderr.write(`vm: error: ${message}\n`);
  process.exitCode = 2;
}
