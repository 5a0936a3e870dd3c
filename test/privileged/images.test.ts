// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, linkSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ImageReport } from "../../src/inventory/model.ts";
import { testUnless } from "../skip.ts";
import { CAPSCOPE, runCapscope } from "./harness/capscope.ts";
import { putFile } from "./harness/files.ts";
import { run } from "./harness/network-namespace.ts";
import { describePrivileged } from "./harness/privileged.ts";
import { parseBySchema } from "./harness/schemas.ts";
import { openTemporaryDirectory, type TemporaryDirectory } from "./harness/temporary-directory.ts";

const missing = (...names: readonly string[]): string | null => {
  const absent = names.filter((name) => Bun.which(name) === null);
  return absent.length === 0 ? null : `not installed: ${absent.join(", ")}`;
};

/** The report of a run, valid by the published schema. */
function look(archive: string, ...words: readonly string[]): ImageReport {
  const command = ["files", "--tar", archive, "--json", ...words];
  const { status, stdout, stderr } = runCapscope(command);
  if (status !== 0) throw new Error(`exit ${status}: ${stderr}`);
  return parseBySchema(stdout, "image-files") as ImageReport;
}

const namesOf = ({ images }: ImageReport): readonly string[] =>
  images[0]!.files.map(({ path, otherPaths, layer }) => [path, ...otherPaths, layer].join(" "));

describePrivileged("files --tar", () => {
  let temporary: TemporaryDirectory;
  let top: string;
  const at = (path: string): string => join(top, path);
  const pack = (name: string, directory: string, ...options: readonly string[]): string => {
    const attributes = ["--xattrs", "--xattrs-include=*", "--format=posix"];
    const own = options.includes("--format=gnu") ? [] : attributes;
    const tar = ["tar", ...own, ...options];
    run([...tar, "-C", at(directory), "-cf", at(name), "."]);
    return at(name);
  };

  beforeAll(() => {
    temporary = openTemporaryDirectory();
    top = temporary.path;
    run(["setcap", "cap_setuid,cap_net_raw=ep", putFile(top, "root/usr/bin/python3.11")]);
    run(["setcap", "-n", "1000", "cap_net_raw=i", putFile(top, "root/usr/bin/odd")]);
    chmodSync(putFile(top, "root/bin/su"), 0o4755);
    linkSync(at("root/bin/su"), at("root/bin/su-too"));
    chmodSync(putFile(top, "root/script", 0o755, "#!/bin/sh\n"), 0o6755);
    putFile(top, "root/plain");
  });

  afterAll(() => temporary?.close());

  test("a root directory in tar has what getcap and find show of it", () => {
    const [image] = look(pack("root.tar", "root")).images;
    expect([image!.names, image!.layers]).toEqual([[], 1]);
    const texts = image!.files
      .filter(({ capabilities }) => capabilities !== null)
      .map(({ path, capabilities }) => {
        const { text, rootUid } = capabilities!;
        return `${at("root")}${path} ${text}${rootUid === null ? "" : ` [rootid=${rootUid}]`}`;
      });
    expect(texts.toSorted()).toEqual(
      run(["getcap", "-r", "-n", at("root")])
        .trim()
        .split("\n")
        .toSorted(),
    );
    const bits = image!.files.filter(({ setuid, setgid }) => setuid || setgid);
    expect(bits.flatMap(({ path, otherPaths }) => [path, ...otherPaths]).toSorted()).toEqual([
      "/bin/su",
      "/bin/su-too",
      "/script",
    ]);
    expect(image!.files.map(({ path, flags }) => [path, ...flags].join(" "))).toEqual([
      "/usr/bin/python3.11 gives-root interpreter",
      "/usr/bin/odd root-id inheritable-only",
      "/script script",
      "/bin/su",
    ]);
  });

  test.each(["--gzip", "--format=gnu", "--format=pax"])(
    "so has one of tar %s, on stdin too",
    (option) => {
      const archive = pack("again.tar", "root", option);
      const expected = option === "--format=gnu" ? 2 : 4;
      // GNU's own format holds no attributes.
      const found = look(archive).images[0]!.files.filter(
        ({ setuid, capabilities }) => setuid || capabilities !== null,
      );
      expect(found).toHaveLength(expected);
      const piped = Bun.spawnSync([
        "sh",
        "-c",
        `exec "$@" < ${archive}`,
        "sh",
        ...CAPSCOPE,
        "files",
        "--tar",
        "-",
        "--json",
      ]);
      expect(parseBySchema(piped.stdout.toString(), "image-files")).toMatchObject({
        images: [{ files: look(archive).images[0]!.files as unknown as object[] }],
      });
    },
  );

  test("nothing is unpacked", () => {
    pack("root.tar", "root");
    const before = run(["find", top]);
    look(at("root.tar"));
    expect(run(["find", top])).toBe(before);
  });

  test("--caps and --flag keep those that have it; --tar takes no paths", () => {
    const archive = pack("root.tar", "root");
    expect(look(archive, "--caps").images[0]!.files).toHaveLength(2);
    expect(look(archive, "--flag", "gives-root").images[0]!.files).toHaveLength(1);
    expect(runCapscope(["files", "--tar", archive, "/usr"]).status).toBe(2);
    expect(runCapscope(["files", "--tar", archive, "--search-path"]).status).toBe(2);
  });

  test("what is no archive, cut off, or not there is an error, without a stack", () => {
    const cut = pack("cut.tar", "root");
    truncateSync(cut, 2000);
    writeFileSync(at("text"), "x".repeat(5000));
    const packed = pack("cut.tar.gz", "root", "--gzip");
    truncateSync(packed, 3000);
    for (const path of [cut, at("text"), packed, at("none"), top]) {
      const { status, stdout, stderr } = runCapscope(["files", "--tar", path]);
      expect([path, status, stdout]).toEqual([path, 3, ""]);
      expect(stderr).toMatch(/^capscope: error: /);
      expect(stderr).not.toMatch(/^\s+at /m);
    }
  });

  testUnless(missing("umoci"), "an OCI layout: layers with whiteouts by umoci", () => {
    const image = `${at("oci")}:v1`;
    run(["umoci", "init", "--layout", at("oci")]);
    run(["umoci", "new", "--image", image]);
    run(["umoci", "unpack", "--image", image, at("bundle")]);
    run(["cp", "-a", `${at("root")}/.`, at("bundle/rootfs")]);
    run(["umoci", "repack", "--refresh-bundle", "--image", image, at("bundle")]);
    rmSync(at("bundle/rootfs/bin"), { recursive: true });
    chmodSync(at("bundle/rootfs/plain"), 0o4755);
    run(["umoci", "repack", "--refresh-bundle", "--image", image, at("bundle")]);
    const report = look(pack("oci.tar", "oci"));
    expect(report.images).toMatchObject([{ names: ["v1"], layers: 2 }]);
    expect(namesOf(report)).toEqual([
      "/usr/bin/python3.11 1",
      "/usr/bin/odd 1",
      "/script 1",
      "/plain 2",
    ]);
  });

  testUnless(missing("umoci", "skopeo"), "archives of docker save and of OCI by skopeo", () => {
    const source = `oci:${at("oci")}:v1`;
    const expected = namesOf(look(at("oci.tar")));
    run(["skopeo", "copy", "-q", source, `docker-archive:${at("docker.tar")}:me/tool:1`]);
    const docker = look(at("docker.tar"));
    expect([docker.images[0]!.names, namesOf(docker)]).toEqual([["docker.io/me/tool:1"], expected]);
    const zstd = ["--dest-compress-format", "zstd"];
    run(["skopeo", "copy", "-q", ...zstd, source, `oci-archive:${at("zstd.tar")}:v2`]);
    expect(namesOf(look(at("zstd.tar")))).toEqual(expected);
  });

  testUnless(missing("umoci"), "a layer that is missing is said, and exit 4", () => {
    const index = JSON.parse(readFileSync(at("oci/index.json"), "utf8")) as {
      manifests: { digest: string }[];
    };
    const blob = (digest: string): string => at(`oci/blobs/${digest.replace(":", "/")}`);
    const manifest = JSON.parse(readFileSync(blob(index.manifests[0]!.digest), "utf8")) as {
      layers: { digest: string }[];
    };
    rmSync(blob(manifest.layers[0]!.digest));
    const { status, stdout } = runCapscope(["files", "--tar", pack("less.tar", "oci")]);
    expect([status, stdout]).toEqual([4, expect.stringContaining("it is not in the archive")]);
  });
});
