// In the program itself: Go, written by capscope 0.1.0 from a profile of 1 run: web1, Linux
// 6.18.7, 2026-01-02T03:04:05.000Z.
// Attention: Seen for 75 s in all, and it ran on: what it does later (reload, rotation of logs,
// jobs, load) was not seen.
//
// By evidence of a trace, not proven: what was not exercised was not seen:
//   CAP_SETGID: asked for in setgid, setgroups
//   CAP_SETUID: asked for in setuid
//   CAP_SETPCAP: asked for in prctl
//   CAP_NET_BIND_SERVICE: asked for in bind
//   CAP_SYS_NICE: asked for in setpriority
// Untested:
//   CAP_CHOWN: a program put it into its sets, and never asked for it
//
// - Needed only until the program gave privileges up: CAP_SETGID, CAP_SETUID and
//   CAP_NET_BIND_SERVICE; needed after it, or by programs that keep theirs: CAP_SYS_NICE. A
//   configuration from outside has to grant both.
// - Never asked for, and put into its sets by a program: CAP_CHOWN. They are granted because the
//   program's own capset(2) would fail without them.
// - Asked for only to give privileges up for good: CAP_SETPCAP. Granted, because some programs
//   stop when that fails; others go on with what the configuration leaves them: capscope minimize
//   tells.
// - Call it after what needs more, as early as the program can. The change of user id itself
//   needs CAP_SETUID, CAP_SETGID and CAP_SETPCAP, which are given up with it.
// - Not in it, because they were needed only before: CAP_SETGID, CAP_SETUID and
//   CAP_NET_BIND_SERVICE.
// - Build it with CGO_ENABLED=0: with cgo Go does not know all threads and refuses (ENOTSUP). A
//   program with cgo takes kernel.org/pub/linux/libs/security/libcap/cap for it.

package main

import (
	"fmt"
	"syscall"
	"unsafe"
)

// Numbers of linux/capability.h.
var keptCapabilities = []uint{
	23, // CAP_SYS_NICE
}

const (
	prSetKeepcaps        = 8
	prCapbsetRead        = 23
	prCapbsetDrop        = 24
	prCapAmbient         = 47
	prCapAmbientClearAll = 4
	capabilityVersion3   = 0x20080522
)

type capabilityHeader struct {
	version uint32
	pid     int32
}

type capabilityData struct {
	effective, permitted, inheritable uint32
}

func prctlInAllThreads(step string, option, argument uintptr) error {
	_, _, errno := syscall.AllThreadsSyscall6(syscall.SYS_PRCTL, option, argument, 0, 0, 0, 0)
	if errno != 0 {
		return fmt.Errorf("capabilities: %s: %w", step, errno)
	}
	return nil
}

func dropBounding() error {
	for number := uintptr(0); number < 64; number++ {
		_, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, prCapbsetRead, number, 0)
		if errno != 0 {
			break // the kernel knows no more of them
		}
		if err := prctlInAllThreads("PR_CAPBSET_DROP", prCapbsetDrop, number); err != nil {
			return err
		}
	}
	return nil
}

func setCapabilities() error {
	header := capabilityHeader{version: capabilityVersion3}
	var data [2]capabilityData
	for _, number := range keptCapabilities {
		data[number/32].permitted |= 1 << (number % 32)
		data[number/32].effective |= 1 << (number % 32)
	}
	_, _, errno := syscall.AllThreadsSyscall(syscall.SYS_CAPSET,
		uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&data[0])), 0)
	if errno != 0 {
		return fmt.Errorf("capabilities: capset: %w", errno)
	}
	return nil
}

func limitCapabilities(uid, gid int) error {
	if err := dropBounding(); err != nil {
		return err
	}
	if err := prctlInAllThreads("PR_SET_KEEPCAPS", prSetKeepcaps, 1); err != nil {
		return err
	}
	if err := syscall.Setgroups([]int{}); err != nil {
		return fmt.Errorf("capabilities: setgroups: %w", err)
	}
	if err := syscall.Setresgid(gid, gid, gid); err != nil {
		return fmt.Errorf("capabilities: setresgid: %w", err)
	}
	if err := syscall.Setresuid(uid, uid, uid); err != nil {
		return fmt.Errorf("capabilities: setresuid: %w", err)
	}
	if err := setCapabilities(); err != nil {
		return err
	}
	if err := prctlInAllThreads("PR_CAP_AMBIENT", prCapAmbient, prCapAmbientClearAll); err != nil {
		return err
	}
	return prctlInAllThreads("PR_SET_KEEPCAPS", prSetKeepcaps, 0)
}
