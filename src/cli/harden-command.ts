// SPDX-License-Identifier: Apache-2.0
import { capabilityNames } from "../capabilities/set.ts";
import { untestedBases } from "../harden/bases.ts";
import { type Configured, configureProfile, configureWorkload } from "../harden/configure.ts";
import {
  type Configuration,
  CONFIGURATION_SCHEMA_VERSION,
  type ConfigurationReport,
} from "../harden/model.ts";
import { workloadOfSet } from "../harden/workload.ts";
import { readHost } from "../linux/procfs/machine.ts";
import { renderConfigurationText } from "../report/configuration-text.ts";
import { escapeText, toJson } from "../report/text/escape.ts";
import { VERSION } from "../version.ts";
import { EXIT_CODE } from "./exit-code.ts";
import type { HardenRequest } from "./harden-options.ts";
import { writeDiagnostic, writeReport } from "./output.ts";
import { readProfile } from "./read-profile.ts";

/** Runs `capscope harden`. */
export async function runHarden(request: HardenRequest): Promise<number> {
  const configured = await configure(request);
  if (configured.kind === "refused") {
    writeDiagnostic(escapeText(configured.reason));
    return EXIT_CODE.incomplete;
  }
  const { configuration } = configured;
  const { complete } = configuration.coverage;
  if (request.apply !== null) return apply(configuration, request);
  if (!complete) writeDiagnostic("incomplete: see the first lines of what was written");
  writeReport(render(configuration, request), request.output);
  return complete || request.allowPartial ? EXIT_CODE.ok : EXIT_CODE.incomplete;
}

/** What is known to be incomplete is not put in place unless that is allowed. */
async function apply(configuration: Configuration, request: HardenRequest): Promise<number> {
  const { coverage, capabilities } = configuration;
  if (!coverage.complete && !request.allowPartial) {
    writeDiagnostic("not applied: the profile is incomplete", "hint: --allow-partial applies it");
    return EXIT_CODE.incomplete;
  }
  const { runApply } = await import("./harden-apply.ts");
  return runApply(renderConfigurationText(configuration), capabilities, request);
}

async function configure({ target, source, facts }: HardenRequest): Promise<Configured> {
  switch (source.kind) {
    case "profile":
      return configureProfile(target, readProfile(source.file).profile, facts);
    case "list": {
      const named = untestedBases(capabilityNames(source.set), "named on the command line");
      const workload = workloadOfSet(named, facts);
      const configuration = configureWorkload(target, workload, { kind: "list" }, []);
      return { kind: "configuration", configuration };
    }
    case "unit": {
      const { configureUnit } = await import("./harden-unit.ts");
      const configuration = configureUnit(target, source.unit, facts);
      return { kind: "configuration", configuration };
    }
  }
}

function render(configuration: Configuration, { format }: HardenRequest): string {
  const text = renderConfigurationText(configuration);
  if (format === "text") return text;
  const { target, title, place, source, capabilities, notes, coverage } = configuration;
  const report: ConfigurationReport = {
    schemaVersion: CONFIGURATION_SCHEMA_VERSION,
    kind: "configuration",
    tool: { name: "capscope", version: VERSION },
    host: readHost(),
    time: new Date().toISOString(),
    target,
    title,
    place,
    source,
    capabilities,
    notes,
    text,
    coverage,
  };
  return `${toJson(report)}\n`;
}
