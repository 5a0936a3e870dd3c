// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { minimizeCommand, type MinimizeRequest } from "../../src/cli/minimize-options.ts";

/** What the words after `capscope minimize` ask for; throws what commander or the command throws. */
async function requestOf(...words: readonly string[]): Promise<MinimizeRequest> {
  const requests: MinimizeRequest[] = [];
  const command = minimizeCommand((request) => {
    requests.push(request);
    return Promise.resolve();
  });
  command.exitOverride().configureOutput({ writeErr: () => undefined });
  await command.parseAsync([...words], { from: "user" });
  const [request] = requests;
  if (request === undefined) throw new Error("not run");
  return request;
}

describe("the command line of capscope minimize", () => {
  test("has defaults that take two runs for an answer, one after the other", async () => {
    expect(await requestOf("--", "true", "--json")).toMatchObject({
      argv: ["true", "--json"],
      user: null,
      check: null,
      ready: null,
      status: 0,
      strict: false,
      runs: 2,
      maxRuns: 500,
      jobs: 1,
      timeoutMs: 60_000,
      resume: null,
      dryRun: false,
      format: "text",
      output: null,
    });
  });

  test("takes no option of its own behind the command", async () => {
    expect((await requestOf("daemon", "--check", "x")).argv).toEqual(["daemon", "--check", "x"]);
  });

  test.each([
    ["port:80", { kind: "port", address: null, port: 80 }],
    ["port:127.0.0.1:8080", { kind: "port", address: "127.0.0.1", port: 8080 }],
    ["port:[::1]:8080", { kind: "port", address: "::1", port: 8080 }],
    ["file:/run/a:b.pid", { kind: "file", path: "/run/a:b.pid" }],
    ["notify", { kind: "notify" }],
    ["delay:1.5", { kind: "delay", durationMs: 1500 }],
  ])("understands --ready %s", async (text, readiness) => {
    expect((await requestOf("--ready", text, "--", "d")).ready).toEqual({
      text,
      readiness: readiness as never,
    });
  });

  test.each([
    "port",
    "port:0",
    "port:65536",
    "port:::1:80",
    "port:a:b:80",
    "file:relative",
    "file:",
    "notify:x",
    "delay:soon",
    "port:80x",
    "",
  ])("refuses --ready %j", async (text) => {
    await expect(requestOf("--ready", text, "--", "d")).rejects.toThrow("Say port:PORT");
  });

  test.each([
    ["--runs", "0"],
    ["--runs", "two"],
    ["--max-runs", "-1"],
    ["--jobs", "1000"],
    ["--status", "256"],
    ["--timeout", "0"],
    ["--check", ""],
    ["--format", "yaml"],
  ])("refuses %s %j", async (option, value) => {
    await expect(requestOf(option, value, "--", "d")).rejects.toThrow(option);
  });

  test("takes --jobs for runs that cannot be taken for each other", async () => {
    expect(await requestOf("--jobs", "4", "--", "d")).toMatchObject({ jobs: 4 });
    for (const option of ["--check", "--prepare"]) {
      await expect(requestOf("--jobs", "4", option, "true", "--", "d")).rejects.toThrow("--jobs");
    }
    await expect(requestOf("--jobs", "4", "--ready", "port:80", "--", "d")).rejects.toThrow(
      "--jobs",
    );
  });

  test("needs a command", async () => {
    await expect(requestOf("--strict")).rejects.toThrow("nothing to run");
  });
});
