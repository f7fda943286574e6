import {
  commandOf,
  configOf,
  environmentOf,
  type ServiceSettings,
  serviceName,
} from '#cli/install/settings.ts';
import { titleOf } from '#cli/install/systemd.ts';

/** The OpenRC script of the service: own user, supervised, restarted for ever. */
export function openrcScript(settings: ServiceSettings): string {
  const { user, data, hub, part } = settings;
  const name = serviceName(part);
  const site = configOf(settings);
  const [command, ...args] = commandOf(settings);
  const variables = environmentOf(settings)
    .map(([name, value]) => `--env ${name}=${value}`)
    .join(' ');
  return `#!/sbin/openrc-run

name="${name}"
description="${titleOf(settings)}"
supervisor="supervise-daemon"
supervise_daemon_args="${variables}"
command="${command}"
command_args="${args.join(' ')}"
command_user="${user}:${user}"
directory="${data}"
umask="027"
no_new_privs="yes"
rc_ulimit="-n 65536"
respawn_delay="2"
# Never give up restarting, however often it fails.
respawn_max="0"
retry="TERM/30/KILL/5"
output_logger="logger -t ${name} -p daemon.info"
error_logger="logger -t ${name} -p daemon.err"
${hub ? '' : `required_files="${site}"\nextra_started_commands="reload"\n`}
depend() {
	use logger
	after net firewall
}

start_pre() {
	checkpath --directory --mode 0750 --owner ${user}:${user} ${data}
}
${hub ? '' : reloading(site)}`;
}

const reloading = (site: string): string => `
reload() {
	ebegin "Applying ${site}"
	supervise-daemon "$RC_SVCNAME" --signal HUP
	eend $?
}
`;
