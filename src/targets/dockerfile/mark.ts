import type { App, Component } from '../../model/app.ts'
import type { WriteContext } from '../../model/target.ts'
import { markUnread } from '../../translate/image/mark-image.ts'

/** Verdicts on what is not in an image: that is a platform's business, and a Dockerfile knows none. */
export function markApp(app: App, context: WriteContext): void {
  const { manifest } = context
  manifest.get('app').kept('LANDFALL_APP')
  markUnread(app, context)
  manifest.get('version').kept('LANDFALL_VERSION')
  manifest.get('engine').lost('the image runs wherever containers do')
  manifest
    .get('resources')
    .lost('an image holds one component', '`landfall export compose` writes them as services; or give their addresses')
  for (const route of manifest.get('routes').items()) {
    route.lost('an image knows no hosts but those in its variables', 'say it to the proxy of the platform')
  }
  manifest.get('checks').lost('an image is asked by its HEALTHCHECK alone', '`landfall smoke` asks them')
  manifest.get('keep').lost('which images are kept is for the registry to say')
  manifest.get('backup').lost('an image holds no data')
  manifest.get('troubles').lost('they are for `landfall doctor` and the guide')
  manifest.get('protect').lost('an image has no environments')
  for (const component of app.components) markComponent(component, context)
}

function markComponent(component: Component, context: WriteContext): void {
  const own = context.of(component.name)
  const { type } = component
  if (type === 'artifact') {
    own.lost('it runs nowhere: a release publishes it', 'landfall export github-release')
    return
  }
  if (type === 'cron')
    own.get('type').changed('the image runs once and ends: the platform has to start it', 'its scheduler, or a timer of systemd')
  else if (type === 'job') own.get('type').changed('an image does not say that it ends by itself')
  else own.get('type').kept(type === 'static' ? 'FROM nginx' : 'FROM')
  own.get('schedule').lost('an image has no schedule', 'give it to the scheduler of the platform')
  own.get('predeploy').lost('an image is not there before it runs')
  own.get('postdeploy').lost('an image does not know when others have switched to it')
  own.get('compatible').lost('an image says nothing about schemas')
  own.get('url').lost('it is somebody else’s')
  for (const mount of own.get('mounts').entries()) mount.changed('a folder of the image; the volume is given by -v')
  for (const mount of own.get('mounts').items()) mount.changed('a folder of the image; the volume is given by -v')
  own.get('scale').lost('an image has no size and no number', 'docker run --memory --cpus, or the platform')
  own.get('rollout').lost('the platform replaces containers')
  own.get('stop', 'grace').changed('docker run --stop-timeout')
  own.get('stop', 'drain').lost('the platform says when requests no longer come')
  own.get('backup').lost('an image holds no data')
  for (const key of ['seed', 'tasks']) own.get(key).changed('a command to type: docker run … <command>')
  for (const mount of component.mounts) {
    const message = `what ${component.name} writes to ${mount.volume} is gone with the container, unless a volume is mounted there`
    own
      .get('mounts')
      .finding(
        'changed',
        'W_EPHEMERAL_DISK',
        message,
        'docker run -v; the image declares no VOLUME, which would make nameless ones',
      )
  }
}
