// SPDX-License-Identifier: Apache-2.0

/** struct linux_dirent64 (man 2 getdents). */
export const D_RECLEN = 16;
export const D_TYPE = 18;
export const D_NAME = 19;
export const DT_UNKNOWN = 0;
export const DT_DIR = 4;
export const DT_REG = 8;
export const DOT = 0x2e;
