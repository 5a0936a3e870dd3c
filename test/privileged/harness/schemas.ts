// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";

const SCHEMAS = [
  "exposure",
  "exposure-line",
  "interfaces",
  "profile",
  "doctor",
  "monitor-line",
  "ps",
  "verify",
  "apply",
  "files",
  "lint",
  "decode",
  "encode",
  "explain",
  "file-change",
  "self",
  "image-files",
] as const;
type SchemaName = (typeof SCHEMAS)[number];

const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
for (const name of SCHEMAS) {
  const file = new URL(`../../../schemas/${name}.schema.json`, import.meta.url);
  ajv.addSchema(JSON.parse(readFileSync(file, "utf8")) as object);
}

/** Parses a JSON document; throws when it is not valid by the published schema. */
export function parseBySchema(text: string, name: SchemaName): unknown {
  const value: unknown = JSON.parse(text);
  const validate = ajv.getSchema(`urn:capscope:schema:${name}:1`);
  if (validate === undefined) throw new Error(`there is no schema ${name}`);
  if (validate(value) !== true) {
    throw new Error(`not valid by ${name}: ${JSON.stringify(validate.errors?.slice(0, 3))}`);
  }
  return value;
}
