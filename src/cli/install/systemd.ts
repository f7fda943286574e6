import { commandOf, configOf, environmentOf, type ServiceSettings } from '#cli/install/settings.ts';

/** RestartSteps and RestartMaxDelaySec: systemd 254. */
const growingRestart = 254;

/**
 * The unit of the service: own user, no privileges, sees nothing of the machine but its data (IEC 62443-4-2 CR 7.7, least
 * functionality). No MemoryDenyWriteExecute: V8 compiles at run time.
 */
export function systemdUnit(settings: ServiceSettings): string {
  return [unitSection(settings), serviceSection(settings), '[Install]\nWantedBy=multi-user.target\n'].join(
    '\n',
  );
}

// Not after network-online.target: both start with every peer down, in any order.
const unitSection = (settings: ServiceSettings): string => `[Unit]
Description=${titleOf(settings)}
After=network.target
${settings.hub ? '' : `ConditionPathExists=${configOf(settings)}\n`}# Never give up restarting, however often it fails.
StartLimitIntervalSec=0
`;

export const titleOf = (settings: ServiceSettings): string =>
  settings.hub ? `Holdfast hub (${settings.data})` : `Holdfast edge (${configOf(settings)})`;

function serviceSection(settings: ServiceSettings): string {
  return [
    '[Service]',
    'Type=exec',
    `User=${settings.user}`,
    `Group=${settings.user}`,
    ...environmentOf(settings).map(([name, value]) => `Environment=${name}=${value}`),
    `ExecStart=${commandOf(settings).join(' ')}`,
    ...ownLines(settings),
    `WorkingDirectory=${settings.data}`,
    ...dataLines(settings),
    'UMask=0027',
    ...restartLines(settings),
    'LimitNOFILE=65536',
    ...(settings.memoryMax === undefined ? [] : [`MemoryMax=${settings.memoryMax}`]),
    hardening,
  ].join('\n');
}

const edgeLines = [
  // Applies the site file; what it says of the result is in the journal and in `holdfast config history`.
  'ExecReload=/bin/kill -HUP $MAINPID',
  'TimeoutStopSec=30',
  '# What decides for machines goes last when memory runs out.',
  'OOMScoreAdjust=-500',
];

const hubLines = [
  '# The hub ends its PostgreSQL itself, once nobody asks it any more.',
  'KillMode=mixed',
  'TimeoutStopSec=60',
];

const ownLines = ({ hub }: ServiceSettings): readonly string[] => (hub ? hubLines : edgeLines);

function dataLines({ data }: ServiceSettings): string[] {
  const lines = [`ReadWritePaths=${data}`];
  const state = /^\/var\/lib\/([^/]+)$/.exec(data)?.[1];
  // systemd makes the folder and hands it to the user, in images built elsewhere too.
  return state === undefined ? lines : [`StateDirectory=${state}`, 'StateDirectoryMode=0750', ...lines];
}

function restartLines({ systemdVersion = 0 }: ServiceSettings): string[] {
  if (systemdVersion < growingRestart) return ['Restart=always', 'RestartSec=2'];
  return ['Restart=always', 'RestartSec=1', 'RestartSteps=5', 'RestartMaxDelaySec=30'];
}

const hardening = `NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RemoveIPC=yes
KeyringMode=private
LockPersonality=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
`;
