/**
 * A systemd unit that brings the apps of a home back after a reboot. Instances and edge are in its cgroup only by descent: they
 * outlive the daemon, so only the daemon itself may be ended with it.
 */
export function unitText({ node, cli, home, user }: { node: string; cli: string; home: string; user?: string }): string {
  return [
    '[Unit]',
    'Description=Landfall',
    'After=network.target',
    '',
    '[Service]',
    `ExecStart=${quoted(node)} ${quoted(cli)} serve --foreground`,
    `Environment=${quoted(`LANDFALL_HOME=${home}`)}`,
    ...(user ? [`User=${user}`] : []),
    'Restart=always',
    'RestartSec=1',
    'KillMode=process',
    'Delegate=yes',
    '',
    '[Install]',
    'WantedBy=multi-user.target',
    '',
  ].join('\n')
}

/** As systemd reads a word: quotes and backslashes escaped, `%` doubled. */
function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&').replaceAll('%', '%%')}"`
}
