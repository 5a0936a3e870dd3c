// SPDX-License-Identifier: Apache-2.0
import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { readMembers } from "../../src/linux/cgroup/control-group.ts";
import { readHierarchyMounts } from "../../src/linux/cgroup/mounts.ts";
import { findContainer } from "../../src/linux/container/find.ts";
import { type NameListing, readContainerNames } from "../../src/linux/container/names.ts";
import { containerPath, groupByContainer } from "../../src/linux/container/running.ts";
import { undoLater } from "../privileged/harness/cleanup.ts";
import { openTemporaryDirectory } from "../privileged/harness/temporary-directory.ts";
import { testUnless } from "../skip.ts";

const ID = "4f9e".repeat(16);
const TWIN = `4f9e${"a01b".repeat(15)}`;
const NO_NAMES = (): NameListing => ({ names: [], unreadable: [] });

describe("containers that run", () => {
  test("are told by the control groups of their processes", () => {
    const running = groupByContainer([
      { pid: 30, text: `0::/system.slice/docker-${ID}.scope/init\n` },
      { pid: 4, text: `0::/system.slice/docker-${ID}.scope\n` },
      { pid: 5, text: "0::/system.slice/ssh.service\n" },
      { pid: 6, text: null },
      {
        pid: 7,
        text: `0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${TWIN}.scope\n`,
      },
    ]);
    expect(running).toEqual([
      { id: ID, runtime: "docker", managerOf: null, pids: [4, 30] },
      { id: TWIN, runtime: "podman", managerOf: 1000, pids: [7] },
    ]);
  });

  test("have their own group, above those of what runs inside", () => {
    expect(containerPath(`/system.slice/docker-${ID}.scope/a.service`, ID)).toBe(
      `/system.slice/docker-${ID}.scope`,
    );
    expect(containerPath("/", ID)).toBeNull();
  });
});

describe("the choice", () => {
  const running = [ID, TWIN].map((id) => ({ id, runtime: null, managerOf: null, pids: [2 ** 30] }));
  const find =
    (text: string, names = NO_NAMES) =>
    () =>
      findContainer(text, running, names);

  test("several matches are listed", () => {
    expect(find("4f9e")).toThrow(`4f9e stands for 2 containers: ${ID}, ${TWIN}`);
  });

  test("one match is enough, and its processes may be gone by then", () => {
    expect(find("4f9ea")).toThrow(`container ${TWIN} has no control group`);
    expect(find(`containerd://${ID}`)).toThrow(`container ${ID} has no control group`);
  });

  test.each(["4f9", "beef", "web", "", "4F9E"])("%p names none", (text) => {
    expect(find(text)).toThrow("no running container");
  });

  test("a name of one that does not run says so", () => {
    const names = () => ({ names: [{ name: "web", id: "0".repeat(64) }], unreadable: [] });
    expect(find("web", names)).toThrow("container web has no processes");
  });

  test("a name leads to the id", () => {
    const names = () => ({ names: [{ name: "web", id: TWIN }], unreadable: [] });
    expect(find("web", names)).toThrow(`container ${TWIN} has no control group`);
  });

  test("state that cannot be read is the reason", () => {
    const unreadable = () => ({ names: [], unreadable: ["/var/lib/docker"] });
    const hintOf = (): unknown => {
      try {
        return find("web", unreadable)();
      } catch (error) {
        return (error as { hint?: unknown }).hint;
      }
    };
    expect(hintOf()).toContain("/var/lib/docker, which could not be read");
  });
});

test("names are read from the state of docker, podman and containerd", () => {
  const { path, close } = openTemporaryDirectory();
  const write = (name: string, value: unknown): void => {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), typeof value === "string" ? value : JSON.stringify(value));
  };
  write(`docker/containers/${ID}/config.v2.json`, { ID, Name: "/web", State: { Running: true } });
  write("docker/containers/broken/config.v2.json", "{");
  write("docker/containers/odd/config.v2.json", { ID: 1, Name: null });
  write("storage/overlay-containers/containers.json", [
    { id: TWIN, names: ["db", "k8s_db"] },
    null,
    {},
  ]);
  write("storage/overlay-containers/volatile-containers.json", [{ id: "v", names: ["job"] }]);
  write("tasks/k8s.io/c1/config.json", {
    annotations: { "io.kubernetes.cri.container-name": "api" },
  });
  write("tasks/k8s.io/c2/config.json", { annotations: "none" });
  const places = {
    docker: [`${path}/docker`, "/nonexistent"],
    storage: [`${path}/storage`],
    containerd: [`${path}/tasks`],
  };
  expect(readContainerNames(places)).toEqual({
    names: [
      { name: "web", id: ID },
      { name: "db", id: TWIN },
      { name: "k8s_db", id: TWIN },
      { name: "job", id: "v" },
      { name: "api", id: "c1" },
    ],
    unreadable: [],
  });
  close();
});

const HIERARCHY = readHierarchyMounts().find(
  ({ hierarchy, root }) => !hierarchy.startsWith("name=") && root === "/",
);
const cleanups: (() => void)[] = [];
afterAll(() => {
  for (const cleanup of cleanups.reverse()) cleanup();
});

function whyNoGroup(): string | null {
  if (process.geteuid?.() !== 0) return "needs root, to make control groups";
  return HIERARCHY === undefined ? "no usable hierarchy of control groups is mounted" : null;
}

testUnless(
  whyNoGroup(),
  "a container's group holds the processes of the container and no others",
  () => {
    const id = `${process.pid.toString(16).padStart(8, "0")}${"c0de".repeat(14)}`;
    const directories = ["", `docker/${id}`, `docker/${id}/inside`].map((name) =>
      join(HIERARCHY!.mountPoint, `capscope-test-${process.pid}`, name),
    );
    for (const directory of directories) {
      mkdirSync(directory, { recursive: true });
    }
    cleanups.push(undoLater(() => rmdirSync(directories[0]!)));
    cleanups.push(undoLater(() => rmdirSync(dirname(directories[1]!))));
    for (const directory of directories.slice(1))
      cleanups.push(undoLater(() => rmdirSync(directory)));
    const child = Bun.spawn(["sleep", "60"]);
    cleanups.push(
      undoLater(() => {
        child.kill("SIGKILL");
        for (
          let tries = 0;
          tries < 100 && readMembers({ directory: directories[2]! }).length > 0;
          tries++
        )
          Bun.sleepSync(10);
      }),
    );
    writeFileSync(join(directories[2]!, "cgroup.procs"), String(child.pid));
    const found = findContainer(id.slice(0, 20), undefined, NO_NAMES);
    expect(found).toMatchObject({ id, runtime: "docker", pids: [child.pid] });
    expect(found.group.directory).toBe(directories[1]!);
    expect(readMembers(found.group)).toEqual([child.pid]);
  },
);
