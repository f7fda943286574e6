import { commandOf, environment, type ServiceSettings } from '#cli/install/settings.ts';

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

// Not after network-online.target: a site starts with every peer down, in any order.
const unitSection = ({ site }: ServiceSettings): string => `[Unit]
Description=Holdfast edge (${site})
After=network.target
ConditionPathExists=${site}
# Never give up restarting, however often it fails.
StartLimitIntervalSec=0
`;

function serviceSection(settings: ServiceSettings): string {
  return [
    '[Service]',
    'Type=exec',
    `User=${settings.user}`,
    `Group=${settings.user}`,
    ...Object.entries(environment).map(([name, value]) => `Environment=${name}=${value}`),
    `ExecStart=${commandOf(settings).join(' ')}`,
    // Applies the site file; what it says of the result is in the journal and in `holdfast config history`.
    'ExecReload=/bin/kill -HUP $MAINPID',
    `WorkingDirectory=${settings.data}`,
    ...dataLines(settings),
    'UMask=0027',
    ...restartLines(settings),
    'TimeoutStopSec=30',
    'LimitNOFILE=65536',
    '# What decides for machines goes last when memory runs out.',
    'OOMScoreAdjust=-500',
    ...(settings.memoryMax === undefined ? [] : [`MemoryMax=${settings.memoryMax}`]),
    hardening,
  ].join('\n');
}

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
