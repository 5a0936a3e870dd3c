// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "bun:test";
import { findManifests } from "../../../src/inventory/image/manifests.ts";

describe("the manifests of an archive", () => {
  const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
  const path = (letter: string): string => `/blobs/sha256/${letter.repeat(64)}`;

  test("are those of docker save, where there is one", () => {
    const documents = new Map<string, unknown>([
      ["/manifest.json", [{ Config: "c.json", RepoTags: ["a:1"], Layers: ["x/layer.tar"] }]],
      ["/index.json", { manifests: [] }],
    ]);
    expect(findManifests(documents)).toEqual([{ names: ["a:1"], layers: ["/x/layer.tar"] }]);
  });

  test("are found through indexes of indexes, without attestations", () => {
    const documents = new Map<string, unknown>([
      [
        "/index.json",
        {
          manifests: [
            { digest: digest("a"), annotations: { "org.opencontainers.image.ref.name": "v1" } },
          ],
        },
      ],
      [
        path("a"),
        {
          manifests: [
            { digest: digest("b") },
            {
              digest: digest("c"),
              annotations: { "vnd.docker.reference.type": "attestation-manifest" },
            },
          ],
        },
      ],
      [path("b"), { layers: [{ digest: digest("d") }, { digest: digest("e") }] }],
    ]);
    expect(findManifests(documents)).toEqual([{ names: ["v1"], layers: [path("d"), path("e")] }]);
  });

  test.each([
    ["nothing", []],
    [
      "an index that names itself",
      [
        ["/index.json", { manifests: [{ digest: digest("a") }] }],
        [path("a"), { manifests: [{ digest: digest("a") }] }],
      ],
    ],
    [
      "what is something else",
      [
        ["/manifest.json", [1, null, {}]],
        ["/index.json", 7],
      ],
    ],
    [
      "a digest that leads elsewhere",
      [["/index.json", { manifests: [{ digest: "sha256:../../etc/passwd" }] }]],
    ],
  ] as const)("are none in %s", (_, documents) => {
    expect(findManifests(new Map(documents as never))).toEqual([]);
  });
});
