// SPDX-License-Identifier: Apache-2.0
import type { Container } from "./container.ts";

/** Of the user manager that the container starts. */
export const USER = 4242;

/** At its start it takes a low port; then a worker asks for CAP_SETGID ten times a second. */
const PROBE = `import os, socket, subprocess, time
listener = socket.socket()
listener.bind(("127.0.0.1", 81))
if os.fork() == 0:
  while True:
    os.setgroups([])
    subprocess.run(["/bin/chown", "1", "/dev/null/x"], stderr=subprocess.DEVNULL)
    time.sleep(0.1)
os.wait()
`;

/** Asks for CAP_SYS_CHROOT ten times a second. */
const CHROOT = `import os, time
while True:
  try:
    os.chroot("/")
  except PermissionError:
    pass
  time.sleep(0.1)
`;

/** Asks for CAP_SYS_CHROOT and becomes another program. */
const EXECUTOR = `#include <unistd.h>
int main(void)
{
	if (chroot("/"))
		return 1;
	execl("/bin/true", "true", (char *)0);
	return 1;
}
`;

const PYTHON = "/usr/bin/python3";

/** Lines of [Service]. */
const SERVICES: Readonly<Record<string, string>> = {
  probe: `User=${USER}
AmbientCapabilities=CAP_NET_BIND_SERVICE CAP_SETGID
Type=exec
ExecStartPre=+/bin/chown ${USER} /run/data
TimeoutStopSec=200ms
ExecStart=${PYTHON} /run/probe.py`,
  other: `ExecStart=${PYTHON} /run/chroot.py`,
  job: `Type=oneshot
Slice=test-jobs.slice
ExecStart=${PYTHON} -c "import os, sys; os.chroot('/'); sys.exit(7)"
SuccessExitStatus=7`,
  done: `Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/chroot / /bin/true`,
  again: `Restart=always
RestartSec=100ms
ExecStart=/bin/sleep 0.1`,
  unready: `Type=notify
ExecStart=${PYTHON} /run/chroot.py`,
  broken: `Type=exec
ExecStart=/nonexistent/x`,
  executor: `Type=oneshot
ExecStart=@/run/executor /usr/lib/systemd/systemd-executor --deserialize 5`,
  idle: "ExecStart=/bin/sleep infinity",
};

/** Writes the services, and starts those that are to run. */
export function startTraceUnits(container: Container): void {
  write(container, "/run/probe.py", PROBE);
  write(container, "/run/chroot.py", CHROOT);
  write(container, "/run/executor.c", EXECUTOR);
  write(container, "/run/data", "");
  container.run("clang", "-o", "/run/executor", "/run/executor.c");
  for (const [name, lines] of Object.entries(SERVICES)) {
    const text = `[Unit]\nDefaultDependencies=no\nStartLimitBurst=1000\n[Service]\n${lines}\n`;
    write(container, `/etc/systemd/system/${name}.service`, text);
  }
  const ofUser = `[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=${PYTHON} /run/chroot.py\n`;
  write(container, "/etc/systemd/user/worker.service", ofUser);
  container.run("systemctl", "daemon-reload");
  container.run("systemctl", "start", "probe.service", "other.service");
  for (const words of [["daemon-reload"], ["start", "worker.service"]]) {
    container.run(...AS_USER, "systemctl", "--user", ...words);
  }
}

const SETPRIV = ["setpriv", `--reuid=${USER}`, "--regid=4243", "--clear-groups"] as const;
const AS_USER = [...SETPRIV, "env", `XDG_RUNTIME_DIR=/run/user/${USER}`] as const;

function write(container: Container, path: string, text: string): void {
  container.run("sh", "-c", 'printf %s "$1" >"$2"', "sh", text, path);
}
