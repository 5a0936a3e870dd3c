// SPDX-License-Identifier: Apache-2.0
import type { Draft } from "../draft.ts";
import type { Workload } from "../workload.ts";
import { draftSystemd, dropInPath } from "./systemd.ts";

/**
 * Tasks that write the drop-in and restart the service when it changed. `!unsafe` keeps templates
 * out of the text.
 */
export function draftAnsible(workload: Workload): Draft {
  const unit = dropInPath(workload.unit) === null ? `${workload.label}.service` : workload.unit;
  const dropIn = draftSystemd({ ...workload, unit }, "full");
  const folder = `/etc/systemd/system/${unit}.d`;
  return {
    title: "Ansible tasks",
    place: null,
    comment: "#",
    lines: [
      "- name: Make the directory of the drop-in",
      "  ansible.builtin.file:",
      `    path: ${yamlString(folder)}`,
      "    state: directory",
      '    mode: "0755"',
      "- name: Limit the capabilities of the service",
      "  ansible.builtin.copy:",
      `    dest: ${yamlString(dropIn.place ?? "")}`,
      '    mode: "0644"',
      "    content: !unsafe |",
      ...dropIn.lines.map((line) => (line === "" ? "" : `      ${line}`)),
      "  register: capability_drop_in",
      "- name: Restart the service under its limits",
      "  ansible.builtin.systemd:",
      `    name: ${yamlString(unit ?? "")}`,
      "    daemon_reload: true",
      "    state: restarted",
      "  when: capability_drop_in is changed",
    ],
    notes: [
      "Include it with ansible.builtin.import_tasks, with become: true.",
      ...dropIn.notes.filter((note) => !note.startsWith("It takes effect")),
    ],
  };
}

/** A unit's name has backslashes at most; in single quotes YAML takes them as they are. */
function yamlString(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
