// SPDX-License-Identifier: Apache-2.0
import { parseBoolean } from "../../../manifest/systemd/values.ts";

/**
 * Keys of [Service] that change what its processes are or may do, and that are not reproduced when
 * its command is run: systemd.exec(5), systemd.service(5), systemd.resource-control(5), up to 258.
 */
const NOT_REPRODUCED: ReadonlySet<string> = new Set(
  `
  ExecCondition ExecStartPre ExecStartPost ExecReload ExecReloadPost ExecStop ExecStopPost
  RootDirectory RootDirectoryStartOnly RootImage RootImageOptions RootImagePolicy RootEphemeral
  RootHash RootHashSignature RootVerity RootMStack ExtensionDirectories ExtensionImages
  ExtensionImagePolicy MountImages MountImagePolicy BindPaths BindReadOnlyPaths TemporaryFileSystem
  BindLogSockets MountFlags MountAPIVFS PrivateMounts
  Nice OOMScoreAdjust IOSchedulingClass IOSchedulingPriority CPUSchedulingPolicy
  CPUSchedulingPriority CPUSchedulingResetOnFork CPUAffinity NUMAPolicy NUMAMask
  RemoveIPC StandardInput StandardInputText StandardInputData TTYPath PAMName
  KeyringMode ProtectProc ProcSubset ProtectSystem ProtectHome ProtectHostname PrivateTmp
  PrivateDevices PrivateNetwork PrivateUsers PrivateIPC PrivatePIDs PrivateBPF ProtectClock
  ProtectKernelTunables ProtectKernelModules ProtectKernelLogs ProtectControlGroups
  ReadWritePaths ReadOnlyPaths InaccessiblePaths ReadWriteDirectories ReadOnlyDirectories
  InaccessibleDirectories ExecPaths NoExecPaths
  NetworkNamespacePath IPCNamespacePath UserNamespacePath LogNamespace Personality
  SystemCallFilter SystemCallArchitectures SystemCallLog MemoryDenyWriteExecute
  RestrictNamespaces DelegateNamespaces RestrictRealtime RestrictSUIDSGID
  RestrictAddressFamilies LockPersonality RestrictFileSystems
  SELinuxContext AppArmorProfile SmackProcessLabel
  RuntimeDirectory StateDirectory CacheDirectory LogsDirectory ConfigurationDirectory
  SetCredential SetCredentialEncrypted LoadCredential LoadCredentialEncrypted ImportCredential
  Sockets OpenFile NonBlocking USBFunctionDescriptors USBFunctionStrings
  Delegate DeviceAllow DevicePolicy IPAddressAllow IPAddressDeny IPIngressFilterPath
  IPEgressFilterPath BPFProgram SocketBindAllow SocketBindDeny RestrictNetworkInterfaces
  PermissionsStartOnly
  `
    .trim()
    .split(/\s+/),
);

/** Keys of [Service] that a check of a capability does not depend on. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set(
  `
  Type PIDFile ExitType Restart RestartMode RestartSec RestartSteps RestartMaxDelaySec TimeoutSec
  TimeoutStartSec TimeoutStopSec TimeoutAbortSec TimeoutStartFailureMode TimeoutStopFailureMode
  RuntimeMaxSec RuntimeRandomizedExtraSec WatchdogSec StartLimitInterval StartLimitIntervalSec
  StartLimitBurst StartLimitAction FailureAction SuccessAction RebootArgument RemainAfterExit
  GuessMainPID RestartPreventExitStatus RestartForceExitStatus SuccessExitStatus BusName BusPolicy
  FileDescriptorStoreMax FileDescriptorStorePreserve NotifyAccess OOMPolicy ReloadSignal
  ReloadLimitIntervalSec ReloadLimitBurst CoredumpFilter CoredumpReceive
  StandardOutput StandardError TTYReset TTYVHangup TTYVTDisallocate TTYRows TTYColumns
  SyslogIdentifier SyslogFacility SyslogLevel SyslogLevelPrefix LogLevelMax LogRateLimitIntervalSec
  LogRateLimitBurst LogExtraFields LogFilterPatterns TimerSlackNSec SystemCallErrorNumber
  SetLoginEnvironment RuntimeDirectoryPreserve RuntimeDirectoryMode StateDirectoryMode
  CacheDirectoryMode LogsDirectoryMode ConfigurationDirectoryMode StateDirectoryQuota
  StateDirectoryAccounting CacheDirectoryQuota CacheDirectoryAccounting LogsDirectoryQuota
  LogsDirectoryAccounting TimeoutCleanSec UtmpIdentifier UtmpMode MemoryKSM MemoryTHP
  Slice AllowedCPUs StartupAllowedCPUs AllowedMemoryNodes StartupAllowedMemoryNodes CPUAccounting
  CPUWeight StartupCPUWeight CPUShares StartupCPUShares CPUQuota CPUQuotaPeriodSec
  MemoryAccounting MemoryMin MemoryLow MemoryHigh MemoryMax MemorySwapMax MemoryZSwapMax
  MemoryZSwapWriteback MemoryLimit StartupMemoryLow StartupMemoryHigh StartupMemoryMax
  StartupMemorySwapMax StartupMemoryZSwapMax DefaultMemoryMin DefaultMemoryLow
  DefaultStartupMemoryLow IOAccounting IOWeight StartupIOWeight IODeviceWeight IOReadBandwidthMax
  IOWriteBandwidthMax IOReadIOPSMax IOWriteIOPSMax IODeviceLatencyTargetSec BlockIOAccounting
  BlockIOWeight StartupBlockIOWeight BlockIODeviceWeight BlockIOReadBandwidth
  BlockIOWriteBandwidth TasksAccounting TasksMax DisableControllers DelegateSubgroup IPAccounting
  ManagedOOMSwap ManagedOOMMemoryPressure ManagedOOMMemoryPressureLimit ManagedOOMPreference
  ManagedOOMMemoryPressureDurationSec MemoryPressureWatch MemoryPressureThresholdSec NFTSet
  SendSIGKILL SendSIGHUP KillMode KillSignal RestartKillSignal FinalKillSignal WatchdogSignal
  SurviveFinalKillSignal IgnoreSIGPIPE
  `
    .trim()
    .split(/\s+/),
);

/** Values that ask for nothing. */
const NEUTRAL: Readonly<Record<string, readonly string[]>> = {
  StandardInput: ["null"],
  ProtectProc: ["default"],
  ProcSubset: ["all"],
  DevicePolicy: ["auto"],
  KeyringMode: ["inherit"],
};

export type DirectiveKind = "not-reproduced" | "without-effect" | "unknown";

/** What a key of [Service] is that this program does not apply. */
export function directiveKind(key: string): DirectiveKind {
  if (NOT_REPRODUCED.has(key)) return "not-reproduced";
  // "X-" is for other programs' own keys.
  return WITHOUT_EFFECT.has(key) || key.startsWith("X-") ? "without-effect" : "unknown";
}

/** True for a value that leaves things as they are without the key. */
export function isNeutral(key: string, value: string): boolean {
  if (value === "") return true;
  return (NEUTRAL[key] ?? []).includes(value) || (!isList(key) && parseBoolean(value) === false);
}

/** "Nice=0" asks for something; "PrivateTmp=0" does not. */
function isList(key: string): boolean {
  return /^(?:Nice|OOMScoreAdjust|CPUAffinity|NUMAMask|Exec|.*Priority$)/.test(key);
}
