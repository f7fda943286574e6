import { commandOf, environment, type ServiceSettings } from '#cli/install/settings.ts';

/** The OpenRC script of the service: own user, supervised, restarted for ever. */
export function openrcScript(settings: ServiceSettings): string {
  const { user, site, data } = settings;
  const [command, ...args] = commandOf(settings);
  const variables = Object.entries(environment)
    .map(([name, value]) => `--env ${name}=${value}`)
    .join(' ');
  return `#!/sbin/openrc-run

name="holdfast"
description="Holdfast edge (${site})"
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
output_logger="logger -t holdfast -p daemon.info"
error_logger="logger -t holdfast -p daemon.err"
required_files="${site}"
extra_started_commands="reload"

depend() {
	use logger
	after net firewall
}

start_pre() {
	checkpath --directory --mode 0750 --owner ${user}:${user} ${data}
}

reload() {
	ebegin "Applying ${site}"
	supervise-daemon "$RC_SVCNAME" --signal HUP
	eend $?
}
`;
}
